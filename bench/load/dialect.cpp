#include "dialect.hpp"

#include <utility>

#include "broken.hpp"

namespace bench {
namespace {

using What = Dialect::Heard::What;

// returns: the content of the JSON string at the front of `text`, behind its opening quote.
// errors:  Broken if the string does not end.
std::string_view json_string(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return text.substr(0, i);
    }
  }
  throw Broken("a string without an end (RFC 8259 §7)");
}

// Engine.IO 4 and Socket.IO 5, over WebSocket from the start: one or two digits say what a packet
// is.
class SocketIo final : public Dialect {
 public:
  explicit SocketIo(std::string_view event) : event_("42[\"" + std::string(event) + "\",\"") {}

  std::string_view path() const override { return "/socket.io/?EIO=4&transport=websocket"; }
  std::string wrap(std::string_view payload) const override {
    return event_ + std::string(payload) + "\"]";
  }
  Heard hear(std::string_view& text) const override {
    const std::string_view packet = std::exchange(text, {});
    if (packet.starts_with("0{")) return {.reply = "40"};  // open, answered by CONNECT
    if (packet.starts_with("40")) return {.what = What::ready};
    if (packet == "2") return {.reply = "3"};  // ping
    if (!packet.starts_with(event_))
      throw Broken("a packet that has no place here: " + std::string(packet));
    const std::string_view payload = json_string(packet.substr(event_.size()));
    if (packet.substr(event_.size() + payload.size()) != "\"]")
      throw Broken("more than one argument");
    return {.what = What::message, .payload = payload};
  }

 private:
  const std::string event_;
};

// Replies carry the id of the command that they answer; pushes carry none. Several of them may
// come in one message, one per line.
class Centrifugo final : public Dialect {
 public:
  explicit Centrifugo(std::string_view channel)
      : subscribe_(R"({"id":2,"subscribe":{"channel":")" + std::string(channel) + "\"}}"),
        publish_(R"({"id":3,"publish":{"channel":")" + std::string(channel) + R"(","data":")") {
    if (channel != "relay") throw Broken("Centrifugo relays; it has no " + std::string(channel));
  }

  std::string_view path() const override { return "/connection/websocket"; }
  std::string_view first() const override { return R"({"id":1,"connect":{}})"; }
  std::string wrap(std::string_view payload) const override {
    return publish_ + std::string(payload) + "\"}}";
  }
  Heard hear(std::string_view& text) const override {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line == "{}") return {.reply = "{}"};  // ping
    if (line.find("\"error\":") != std::string_view::npos)
      throw Broken("an error: " + std::string(line));
    if (line.starts_with("{\"id\":1,")) return {.reply = subscribe_};
    if (line.starts_with("{\"id\":2,")) return {.what = What::ready};
    if (line.starts_with("{\"id\":3,")) return {};
    constexpr std::string_view kData = "\"data\":\"";
    const std::size_t data = line.find(kData);
    if (!line.starts_with("{\"push\":") || data == std::string_view::npos)
      throw Broken("a line that has no place here: " + std::string(line));
    return {.what = What::message, .payload = json_string(line.substr(data + kData.size()))};
  }

 private:
  const std::string subscribe_;
  const std::string publish_;
};

}  // namespace

std::shared_ptr<const Dialect> make_dialect(std::string_view name, std::string_view topic) {
  if (name == "socket.io") return std::make_shared<SocketIo>(topic);
  if (name == "centrifugo") return std::make_shared<Centrifugo>(topic);
  throw Broken("--dialect takes socket.io or centrifugo, not " + std::string(name));
}

std::string json_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace bench
