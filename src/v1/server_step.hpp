// ServerStep: what a frame of the client's has the driver of a ServerSession do. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "microframe/json.hpp"
#include "v1/client_frame.hpp"

namespace microframe::v1 {

// The frame asks for nothing, or repeats one that the session has had.
struct Nothing {};
// A message for the endpoint's hook. Its turn comes after all messages and controls before it; then
// the driver calls ServerSession::begin.
struct Handle {
  ClientFrame frame;
};
// The same of a message in bytes. content, of: views into the frame; of: its Origin as it is
// written, "" for none.
struct HandleBinary {
  std::uint64_t id;
  base::Bytes content;
  std::string_view of;
};
// A join, a leave or a refresh. Its turn comes as that of a message.
struct Control {
  ClientFrame frame;
};
// The client has answered the message of ours with this id. The driver ignores an answer that
// nobody waits for. data: the reply, null if there is none; of a failure {"code", "message"}.
struct SettleAsk {
  std::uint64_t id;
  bool failed;
  Json data;
};
// A text frame to send. counted: the driver encodes the text, and hands the encoded frame to
// ServerSession::sent before any other frame.
struct Reply {
  std::string text;
  bool counted;
};

using ServerStep = std::variant<Nothing, Handle, HandleBinary, Control, SettleAsk, Reply>;

}  // namespace microframe::v1
