// ServerSession: the server's side of a session of microframe.v1 (docs/protocol.md), whatever
// connections it takes: what was sent and not yet received, which messages were handled, what
// answers them. Bytes and events come in, values go out: no I/O, no clock, no threads, no queue.
// The driver owns the connection, the turns of the hooks and the rooms. Nothing is allocated beyond
// the text of a frame to send, the place where a sent frame is kept, and the data of an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/shared_buffer.hpp"
#include "v1/client_frame.hpp"
#include "v1/message_ids.hpp"
#include "v1/sent_frames.hpp"
#include "v1/server_frames.hpp"
#include "v1/server_step.hpp"

namespace microframe::v1 {

class ServerSession {
 public:
  struct Options {
    Options() = default;

    SentFrames::Bounds kept{};  // of the frames that the client has not reported yet
    // These are told in the welcome.
    std::uint64_t ttl_ms = 0;
    std::uint64_t ping_ms = 0;
    std::size_t message_bytes_max = 0;  // of a frame's payload; 0: it is not told
  };

  // name: what the session is known by; it may be logged. secret: it must not.
  ServerSession(std::string name, std::string secret, const Options& options);

  const std::string& name() const { return name_; }
  const std::string& secret() const { return secret_; }

  // Whether a client comes back after a Close of the server's with this code.
  static bool heals(std::uint16_t close_code);

  // --- a connection begins

  // The first frame of all, uncounted. inherits: the client may send again here what it sent in the
  // session that it wished to go on with.
  Reply welcome(std::string_view user, bool inherits = false) const;
  // Whether this attempt to resume comes after all that have come so far. attempt: its number; 0
  // from a client that does not count its attempts, which is always the latest.
  bool is_latest(std::uint64_t attempt);
  // Whether every frame after the first `received` is still kept, and no more were ever sent.
  bool can_resume(std::uint64_t received) const { return sent_.has_all_after(received); }
  // The first frame of a connection that goes on with the session, uncounted. The client has the
  // first `received` frames, which are forgotten; those still kept must follow, in order, uncounted
  // because they were counted when they were first sent. Only after can_resume(received).
  Reply welcome_back(std::string_view user, std::uint64_t received);
  // Calls visit(const base::SharedBuffer&) for each frame that is kept, in the order of sent().
  template <class Visit>
  void for_each_kept(Visit&& visit) const {
    sent_.for_each_after(0, std::forward<Visit>(visit));
  }
  std::size_t kept() const { return sent_.kept(); }
  std::size_t kept_bytes() const { return sent_.bytes(); }

  // --- in

  using Parsed = base::Result<ClientFrame, FrameFault>;
  // Whether the frame tells of progress: the number of such frames is bounded by what was sent, so
  // they need no rate of their own.
  bool tells_progress(const Parsed& frame) const;
  // A counted Reply refuses the frame; an uncounted one is a pong.
  // frame: what parse_client_frame() made of a text frame.
  ServerStep take(Parsed frame);
  // frame: must outlive the use of the step, which shows a part of it.
  ServerStep take_binary(base::Bytes frame);

  // --- out

  // A counted frame leaves, or would if there were a connection: it is kept until the client has
  // reported it. Every frame to the client goes through here in the order in which it is sent, but
  // for uncounted Replies.
  void sent(const base::SharedBuffer& frame) { sent_.add(frame); }
  // A message for the client to acknowledge. json: the text of its data. The answer comes as a
  // SettleAsk with the same id.
  struct Asked {
    std::uint64_t id;
    Reply frame;
  };
  Asked ask(std::string_view json);
  // Advice before a Close, uncounted. retry_ms: told only to a client that should come back, and
  // not with 4401, after which it comes back at once with a fresh token.
  Reply bye(std::uint16_t code, std::string_view reason, std::uint64_t retry_ms) const;

  // --- answers

  // The turn of the message or control `id` has come (0: it has no id). It counts as handled from
  // here on, whatever comes of it.
  void begin(std::uint64_t id);
  // From begin() to done(), refuse() or begin_control().
  bool is_answering() const { return answer_ != Answer::none; }
  // Answers the message whose turn it is. reply: nullptr if there is none.
  // returns: nullopt if the message is answered already, or has no id and there is no reply.
  std::optional<Reply> answer(const Json* reply);
  // Ends the turn with an error; without a turn, says an error that is of no message.
  // text: UTF-8. The driver must see to that, because hooks write such texts.
  Reply refuse(std::string_view code, std::string_view text);
  // Ends the turn of a message, and acknowledges the message if nothing has answered it.
  std::optional<Reply> done();
  // Ends the turn of a control: what follows (joined, left, ack or error) answers by its id.
  void begin_control() { answer_ = Answer::none; }

  // id: 0 for none. text: UTF-8, as for refuse().
  Reply error(std::uint64_t id, std::string_view code, std::string_view text) const;
  Reply ack(std::uint64_t id) const;

  // --- rooms

  Reply joined(const Joined& said) const;
  // The hub carries out the leave `id` of the client's: what left() says until end_leave() answers
  // that leave.
  void begin_leave(std::uint64_t id) { leave_ = id; }
  void end_leave() { leave_ = 0; }
  Reply left(std::string_view room) const;

  // --- a connection ends

  // The driver has dropped what was waiting for its turn: the client may send that again.
  void rewind() { ids_.rewind(); }
  // --- it goes on with another server

  struct Past {
    Past() = default;

    std::uint64_t sent = 0;      // frames
    std::uint64_t handled = 0;   // the highest id
    std::uint64_t asked = 0;     // the last id of ours
    std::uint64_t attempts = 0;  // the highest number of an attempt to resume
  };
  Past past() const;
  // Goes on where another has come to. Nothing has happened here yet; the frames that were kept must
  // follow by sent(). kept: how many they are.
  void restore(const Past& past, std::size_t kept);

  // The highest id that has begun.
  std::uint64_t handled() const { return ids_.handled(); }

 private:
  // What became of the message whose turn it is.
  enum class Answer : std::uint8_t { none, due, given };

  std::string welcome_text(std::string_view user, bool resumed, bool inherits) const;
  ServerStep refuse_frame(const FrameFault& fault);

  const std::string name_;
  const std::string secret_;
  const std::uint32_t ttl_ms_;  // 49 days at most, as the next
  const std::uint32_t ping_ms_;
  const std::size_t message_bytes_max_;
  std::uint64_t attempts_ = 0;  // the highest number of an attempt to resume
  SentFrames sent_;
  MessageIds ids_;
  std::uint64_t current_ = 0;  // whose turn it is
  std::uint64_t leave_ = 0;    // the leave that the hub carries out; 0: none
  std::uint64_t asked_ = 0;    // the last id of ours
  Answer answer_ = Answer::none;
};

}  // namespace microframe::v1
