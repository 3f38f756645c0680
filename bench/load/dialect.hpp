// What a server's own protocol puts around the messages of a run, for servers that offer no plain
// WebSocket. Text only. Stateless: one serves all clients.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

class Dialect {
 public:
  // One piece of what came: a message's content; that the server is ready to be loaded; or neither.
  struct Heard {
    enum class What : std::uint8_t { nothing, ready, message };
    What what = What::nothing;
    std::string_view payload{};  // of a message, still escaped as in JSON; within what came
    std::string_view reply{};  // to be sent at once, if there is any; lives as long as the dialect
  };

  virtual ~Dialect() = default;

  // Where such a server takes WebSockets.
  virtual std::string_view path() const = 0;
  // What a client sends as soon as it is one; empty if the server begins.
  virtual std::string_view first() const { return {}; }
  // payload: escaped as in JSON.
  virtual std::string wrap(std::string_view payload) const = 0;
  // Takes the first piece off `text`, which is not empty, of a WebSocket message.
  // errors: Broken, for what has no place in a run.
  virtual Heard hear(std::string_view& text) const = 0;
};

// name: socket.io (Socket.IO 4: its event `topic`) or centrifugo (its JSON protocol: the channel
// `topic`). errors: Broken for any other.
std::shared_ptr<const Dialect> make_dialect(std::string_view name, std::string_view topic);

// The content of a JSON string (RFC 8259 §7). text: without control characters.
std::string json_escaped(std::string_view text);

}  // namespace bench
