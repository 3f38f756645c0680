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
  // Options::plain: the server does not speak microframe.v1, and answers nothing: a wish is granted
  // once it has left. actions: outlives this.
  struct Options {
    Options() = default;

    bool plain = false;
    Outgoing::Bounds queue{10'000, std::size_t{16} * 1024 * 1024};
    Pace::Rate pace;
    ClientRooms::Bounds rooms;
  };
  // How much a connection is given before it has passed that on. What waits longer is bounded by
  // Options::queue.
  static constexpr std::size_t kOutboxBytes = std::size_t{256} * 1024;

  ClientExchange(const Options& options, ClientActions& actions)
      : plain_(options.plain),
        actions_(actions),
        outgoing_(options.queue),
        rooms_(options.rooms),
        pace_(options.pace) {}

  // --- out

  // Puts a wish of the application's behind those that wait.
  // returns: false if there is no room; the wish is then settled.
  bool queue(Outgoing::Frame frame);
  // Sends what waits, as fast as the server allows and the connection takes it.
  void flush(std::uint64_t now_ms);
  // How much of what was sent the connection has not passed on.
  void set_outbox(std::size_t bytes) { outbox_bytes_ = bytes; }
  // The connection has passed on all that was sent.
  void drained();
  // Sends a message that nobody answers, if it can go now.
  void post(const std::string& json, std::uint64_t now_ms);
  // Sends a text frame at once: one that nobody answers.
  void transmit(std::string text);
  // Keeps an answer to a message of the server's, to give it again after a resume.
  // returns: whether it must be sent now: the message is of this session, and has an id.
  bool keep_answer(const TellMessage& message, const std::string& answer);
  // Whether the server takes a frame of so many bytes, as far as it has said.
  bool fits(std::size_t bytes) const { return !frame_bytes_max_ || bytes <= *frame_bytes_max_; }
  // Settles all that waits or is unanswered; with plain, drop_unsent settles only what has not been
  // given to the connection.
  void drop_unsent(std::string_view code, std::string_view message);
  void drop(std::string_view code, std::string_view message);

  // --- in

  // What the connection and the token learn from a frame.
  enum class News : std::uint8_t { none, answered, token_refused };
  News take(ServerFrame frame, std::uint64_t now_ms);
  void take_binary(base::Bytes frame, std::uint64_t now_ms);
  // A frame of the session has come, whatever is in it.
  void count(std::uint64_t now_ms);

  // --- sessions and connections

  // A new session begins. What was sent in the one before and not answered is settled, unless the
  // new one inherits it: then it is sent again.
  void begin_session(const std::string& name, bool inherits, std::uint64_t now_ms);
  // The session goes on over a new connection.
  void resume(std::uint64_t handled);
  // The client has come to its end, and the session with it.
  void end_session();
  // frame_bytes_max: the longest frame that the server takes; nullopt: unknown.
  void begin_connection(std::optional<std::uint64_t> frame_bytes_max, std::uint64_t now_ms) {
    frame_bytes_max_ = frame_bytes_max;
    longest_unnumbered_ = 0;
    pace_.begin(now_ms);
  }
  void end_connection() { send_at_ms_.reset(); }
  // The server has ended the connection because a frame was too long for it. That frame alone is
  // settled; those behind it have not arrived, and are sent again.
  void too_long();
  // Another connection will follow. With plain, what the last one was given and had not passed on is
  // settled, because nobody knows how far it came.
  void lose_connection();
  // The server is being told how many frames have been received, by the offer to resume.
  std::uint64_t tell_received() { return received_.tell(); }

  // When on_deadline must be called at the latest, over a connection.
  std::optional<std::uint64_t> deadline_ms() const;
  void on_deadline(std::uint64_t now_ms);

  const ClientRooms& rooms() const { return rooms_; }

 private:
  News take_answer(ServerFrame& frame);
  // The frame, which is taken out, has failed.
  void refuse(const Outgoing::Frame& refused, std::string_view code, const std::string& why);
  void take_joined(ServerFrame& frame);
  void take_presence(ServerFrame& frame);
  void tell_left(std::string room, std::string_view code = {}, std::string_view message = {});
  void send_next(std::uint64_t now_ms);

  const bool plain_;
  ClientActions& actions_;
  Outgoing outgoing_;
  ClientRooms rooms_;
  std::string session_;  // its name, "" before the first
  std::uint64_t session_number_ = 0;
  ReceivedCount received_;
  GivenAnswers answers_;
  Pace pace_;
  std::optional<std::uint64_t> send_at_ms_;  // when the pace allows what waits

  // Of the connection.
  std::size_t outbox_bytes_ = 0;
  std::optional<std::uint64_t> frame_bytes_max_;
  std::size_t longest_unnumbered_ = 0;  // bytes of the longest frame that has no number
};

}  // namespace microframe::v1
