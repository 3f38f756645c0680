// ServerDriver: a ServerSession whose frames go to a list instead of a connection.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared_buffer.hpp"
#include "v1/server_session.hpp"

namespace microframe::v1 {

class ServerDriver {
 public:
  explicit ServerDriver(SentFrames::Bounds kept = {1'000'000, 1'000})
      : session("s1", "x1", options(kept)) {}

  ServerSession session;

  // Frames as they come from the client. The steps are the session's own.
  ServerStep text(std::string_view frame) { return session.take(parse_client_frame(frame)); }
  ServerStep binary(base::Bytes frame) { return session.take_binary(frame); }
  ServerStep message(std::uint64_t id) {
    return text(R"({"t":"message","id":)" + std::to_string(id) + R"(,"data":null})");
  }
  // Sends what a server's driver sends.
  // returns: the frame's text.
  std::string send(const Reply& reply) {
    if (reply.counted) session.sent(base::SharedBuffer::copy(base::as_bytes(reply.text)));
    return reply.text;
  }
  // returns: "" if there is nothing to send.
  std::string send(const std::optional<Reply>& reply) { return reply ? send(*reply) : ""; }
  // A message whose hook returns nothing.
  // returns: what answers the message.
  std::string handle(std::uint64_t id) {
    if (!std::holds_alternative<Handle>(message(id))) return "no turn";
    session.begin(id);
    return send(session.done());
  }
  // Frames of the application's, which are counted and kept.
  void push(std::initializer_list<std::string_view> frames) {
    for (const std::string_view frame : frames)
      session.sent(base::SharedBuffer::copy(base::as_bytes(frame)));
  }
  std::vector<std::string> kept() const {
    std::vector<std::string> frames;
    session.for_each_kept([&](const base::SharedBuffer& frame) {
      frames.emplace_back(base::as_text(frame.bytes()));
    });
    return frames;
  }
  void receive(std::uint64_t count) {
    const auto step = text(R"({"t":"received","n":)" + std::to_string(count) + "}");
    EXPECT_TRUE(std::holds_alternative<Nothing>(step));
  }

 private:
  static ServerSession::Options options(SentFrames::Bounds kept) {
    ServerSession::Options options;
    options.kept = kept;
    options.ttl_ms = 60'000;
    options.ping_ms = 25'000;
    return options;
  }
};

inline bool is_nothing(const ServerStep& step) {
  return std::holds_alternative<Nothing>(step);
}
// The frame that a step sends; "" if it sends none.
inline std::string reply_of(const ServerStep& step) {
  const auto* reply = std::get_if<Reply>(&step);
  return reply ? reply->text : "";
}

}  // namespace microframe::v1
