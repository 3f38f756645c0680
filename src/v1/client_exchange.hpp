// ClientExchange: what a client and its server say to each other within sessions: the frames that
// wait and those that are unanswered, the rooms, the answers to the server's messages, what was
// received. When there is a connection, and over which session, the ClientSession decides. No I/O,
// no clock, no threads: frames and time come in, ClientActions go out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "v1/client_actions.hpp"
#include "v1/client_rooms.hpp"
#include "v1/given_answers.hpp"
#include "v1/outgoing.hpp"
#include "v1/pace.hpp"
#include "v1/received_count.hpp"
#include "v1/server_frame.hpp"

namespace microframe::v1 {

class ClientExchange {
 public:
  // plain: the server does not speak microframe.v1, and answers nothing. actions: outlives this.
  ClientExchange(bool plain, Outgoing::Bounds queue, Pace::Rate pace, ClientActions& actions)
      : plain_(plain), actions_(actions), outgoing_(queue), pace_(pace) {}

  // --- out

  // Puts a wish of the application's behind those that wait.
  // returns: false if there is no room; the wish is then settled.
  bool queue(Outgoing::Frame frame);
  // Sends what waits, as fast as the server allows.
  void flush(std::uint64_t now_ms);
  // Sends a text frame at once: one that nobody answers.
  void transmit(std::string text);
  // Keeps an answer to a message of the server's, to give it again after a resume.
  // returns: whether it must be sent now: the message is of this session, and has an id.
  bool keep_answer(const TellMessage& message, const std::string& answer);
  // Settles all that waits or is unanswered.
  void drop(std::string_view code, std::string_view message);

  // --- in

  // What the connection and the token learn from a frame.
  enum class News : std::uint8_t { none, answered, token_refused };
  News take(ServerFrame frame, std::uint64_t now_ms);
  void take_binary(base::Bytes frame, std::uint64_t now_ms);
  // A frame of the session has come, whatever is in it.
  void count(std::uint64_t now_ms);

  // --- sessions and connections

  // A new session begins. former: the name of the one before, "" if there was none. What was sent
  // and not answered is settled.
  void begin_session(const std::string& former);
  // The session goes on over a new connection.
  void resume(std::uint64_t handled);
  // The client has come to its end, and the session with it.
  void end_session();
  void begin_connection(std::uint64_t now_ms) { pace_.begin(now_ms); }
  void end_connection() { send_at_ms_.reset(); }
  // The server is being told how many frames have been received, by the offer to resume.
  std::uint64_t tell_received() { return received_.tell(); }

  // When on_deadline must be called at the latest, over a connection.
  std::optional<std::uint64_t> deadline_ms() const;
  void on_deadline(std::uint64_t now_ms);

  const ClientRooms& rooms() const { return rooms_; }

 private:
  News take_answer(ServerFrame& frame);
  News take_refusal(const ServerFrame& frame, const Outgoing::Frame& refused);
  void take_joined(ServerFrame& frame);
  void tell_left(std::string room, std::string_view code = {}, std::string_view message = {});

  const bool plain_;
  ClientActions& actions_;
  Outgoing outgoing_;
  ClientRooms rooms_;
  std::uint64_t session_number_ = 0;
  ReceivedCount received_;
  GivenAnswers answers_;
  Pace pace_;
  std::optional<std::uint64_t> send_at_ms_;  // when the pace allows what waits
};

}  // namespace microframe::v1
