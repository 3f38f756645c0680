// Dialect: what a server's own protocol puts around the messages of a run, for servers that offer
// no plain WebSocket. Text only. Stateless: one serves all clients.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

class Dialect {
 public:
  // One piece of the received bytes: a message's content, the notice that the server is ready, or
  // neither.
  struct Heard {
    enum class What : std::uint8_t { nothing, ready, message };
    What what = What::nothing;
    std::string_view payload{};  // of a message, still escaped as in JSON; in what was read
    std::string_view reply{};    // must be sent at once, unless empty; lives as long as the dialect
  };

  virtual ~Dialect() = default;

  // The path where such a server accepts WebSockets.
  virtual std::string_view path() const = 0;
  // What a client sends as soon as it is connected; empty if the server begins.
  virtual std::string_view first() const { return {}; }
  // payload: escaped as in JSON.
  virtual std::string wrap(std::string_view payload) const = 0;
  // Takes the first piece off `text`, the rest of a WebSocket message, which is not empty.
  // errors: Broken for anything that has no place in a run.
  virtual Heard hear(std::string_view& text) const = 0;
};

// name:   socket.io (Socket.IO 4: its event `topic`) or centrifugo (its JSON protocol: the
//         channel `topic`).
// errors: Broken for any other name.
std::shared_ptr<const Dialect> make_dialect(std::string_view name, std::string_view topic);

// The content of a JSON string (RFC 8259 §7).
// text: without control characters.
std::string json_escaped(std::string_view text);

}  // namespace bench
