// DeflatingPeer: a client of microframe.v1 that sends and takes compressed messages, and RoomChat,
// the endpoint that it speaks to: for tests of what one account may cost all others.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "microframe/microframe.hpp"
#include "support/deflate.hpp"
#include "support/raw_client.hpp"

namespace test {

// {"room": name, "text": ..} goes to that room. Clients of microframe.v1 join rooms themselves.
class RoomChat : public microframe::ws::ChatBase {
 public:
  std::atomic<int> messages{0};
  std::atomic<int> disconnects{0};
  std::atomic<int> last_code{0};

  void on_message(microframe::ws::WebSocket& socket, const microframe::ws::UserId&,
                  const microframe::Json& message) {
    ++messages;
    const std::string room = microframe::text_or(message, "room", "");
    if (!room.empty()) broadcast_to_room(room, message);
    if (message.as_object().contains("close")) socket.close(4429, "enough");
  }
  bool can_join(microframe::ws::WebSocket&, const microframe::ws::UserId&, const std::string&) {
    return true;
  }
  void on_disconnect(microframe::ws::WebSocket&, const microframe::ws::UserId&,
                     const microframe::ws::DisconnectReason& reason) {
    last_code = reason.code;
    ++disconnects;
  }
};

class DeflatingPeer {
 public:
  // parameters: of its offer of permessage-deflate, such as "; server_max_window_bits=9".
  DeflatingPeer(RawClient stream, const std::string& token, const std::string& parameters = {},
                int window_bits = 15)
      : stream_(std::move(stream)), window_bits_(window_bits) {
    stream_.send(upgrade_request("/ws", "Sec-WebSocket-Protocol: microframe.v1, token." + token +
                                            "\r\nSec-WebSocket-Extensions: permessage-deflate" +
                                            parameters + "\r\n"));
    EXPECT_NE(stream_.read_head().find("permessage-deflate"), std::string::npos);
    read_until("welcome");
  }

  static std::string room_message(const std::string& room, std::size_t text_bytes) {
    return R"({"t":"message","data":{"room":")" + room + R"(","text":")" +
           std::string(text_bytes, 'a') + R"("}})";
  }
  // last: of the room's latest messages; 0 for none.
  std::string join_frame(const std::string& room, int last = 0) {
    const std::string wish = last != 0 ? R"(,"last":)" + std::to_string(last) : "";
    return frame(0x81, R"({"t":"join","id":)" + std::to_string(++sent_) + R"(,"room":")" + room +
                           R"(")" + wish + "}");
  }
  std::string leave_frame(const std::string& room) {
    return frame(
        0x81, R"({"t":"leave","id":)" + std::to_string(++sent_) + R"(,"room":")" + room + R"("})");
  }
  bool send(std::string_view frames) { return stream_.send(frames); }

  struct Heard {
    bool compressed = false;
    bool closed = false;  // a Close, or the end of the stream
    std::string text;
  };
  // Reports what it has received after every 64 frames, as a good client does.
  Heard read() {
    while (true) {
      const Received received = stream_.read_frame();
      if (received.first == 0 || received.is_close()) return {false, true, {}};
      if (received.first == 0x89) continue;
      if (++received_ % 64 == 0) send(received_frame());
      if (received.first != 0xC1) return {false, false, received.payload};
      return {true, false, RawInflate(window_bits_).message(received.payload)};
    }
  }
  // Reads on until a frame of this type.
  // returns: it; a closed one if the connection ended before.
  Heard read_until(std::string_view type) {
    while (true) {
      Heard heard = read();
      if (heard.closed || heard.text.starts_with(R"({"t":")" + std::string(type) + '"'))
        return heard;
    }
  }
  RawClient& stream() { return stream_; }

 private:
  // The welcome is not counted.
  std::string received_frame() const {
    return frame(0x81, R"({"t":"received","n":)" + std::to_string(received_ - 1) + "}");
  }

  RawClient stream_;
  int window_bits_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace test
