// Session: what microframe.v1 adds to a connection (docs/protocol.md): its frames are counted and
// kept until they are received, its messages numbered and answered, and it outlives its stream.
// Threading: its connection's loop, but for key(). Owned by its connection.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/shared_buffer.hpp"
#include "base/slots.hpp"
#include "hub/member.hpp"
#include "microframe/limits.hpp"
#include "microframe/ws/ack.hpp"
#include "proto/close_code.hpp"
#include "v1/client_frame.hpp"
#include "v1/message_ids.hpp"
#include "v1/sent_frames.hpp"
#include "ws/sessions.hpp"

namespace microframe::ws {

class HookRunner;
class ServerConnection;
struct Resumption;

class Session {
 public:
  using Answered = std::function<void(AckStatus, Json)>;

  Session(ServerConnection& connection, const Limits& limits);
  ~Session();

  // Whether a client is to come back after this Close (docs/protocol.md).
  static bool heals(proto::CloseCode code);

  const SessionKey& key() const { return key_; }
  // Guards what a resumption replaces and other threads read.
  std::mutex& mutex() const { return mutex_; }

  // --- the stream begins, or a new one
  void welcome();
  // Whether this attempt to resume comes after all that have come so far. 0: the client does not
  // count them.
  bool is_latest(std::uint64_t attempt);
  bool can_resume(std::uint64_t received) const { return sent_.has_all_after(received); }
  void welcome_back(std::uint64_t received);

  // --- in
  void read(bool binary, base::Bytes payload, HookRunner& runner);

  // --- out
  // Counts and keeps the frame, in its form for sessions, and sends it if there is a stream.
  void deliver_form_of(const base::Frame& frame);
  // Sends what is to be acknowledged. answered: called once, on the loop, and throws nothing;
  // dropped without a call where there is no memory to ask.
  void ask(const Json& message, std::chrono::milliseconds timeout, Answered answered);
  // Advice before a Close.
  void bye(proto::CloseCode code, std::string_view reason);

  // --- answers to the message that is being handled
  void begin(std::uint64_t id);
  bool is_answering() const { return answering_; }
  void answer(const Json* reply);
  void refuse(std::string_view code, std::string_view text);
  // Ends answering; acknowledges where nothing else has.
  void done();
  // A join, a leave or a refresh; allowed: a join.
  void control(const v1::ClientFrame& frame, bool allowed);
  void refuse(std::uint64_t id, std::string_view code, std::string_view text);
  // As hub::Sink.
  void joined(const hub::Joined& joined);
  void left(std::string_view room);

  // --- the stream is lost
  // What waits for a hook is dropped with it: it may come again.
  void rewind() { ids_.rewind(); }
  // Nobody is asked any more.
  void end();
  // Whether its endpoint counts it.
  bool counted = false;
  // The place of a suspended session.
  base::Slots::Place place;
  std::uint64_t expires_ms = 0;
  // Who waits for its hooks to end, to go on with it.
  std::unique_ptr<Resumption> successor;

 private:
  void read_text(base::Bytes payload, HookRunner& runner);
  void read_binary(base::Bytes payload, HookRunner& runner);
  void handle(v1::ClientFrame frame, std::size_t bytes, HookRunner& runner);
  void join(const v1::ClientFrame& frame);
  void leave(const v1::ClientFrame& frame);
  void settle(std::uint64_t id, AckStatus status, Json data);
  void deliver(const base::SharedBuffer& frame);
  void send(std::string_view text);
  void send_uncounted(std::string_view text);
  std::string welcome_text(bool resumed) const;

  ServerConnection& connection_;
  const Limits& limits_;
  const SessionKey key_;
  mutable std::mutex mutex_;
  std::uint64_t attempts_ = 0;  // the highest number of one
  v1::SentFrames sent_;
  v1::MessageIds ids_;
  std::uint64_t current_ = 0;  // the id that is being answered
  bool answering_ = false;
  bool answered_ = false;
  // The ids of the join and of the leave that are under way; 0: none. Within a join a leave that
  // was made on another loop may come into force: that is nobody's answer.
  std::uint64_t join_ = 0;
  std::uint64_t leave_ = 0;
  std::map<std::uint64_t, Answered> asks_;
  std::uint64_t asked_ = 0;  // the last id of ours
};

}  // namespace microframe::ws
