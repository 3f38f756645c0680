#include "v1/server_frames.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <cassert>
#include <charconv>

#include "v1/frame_writer.hpp"

namespace microframe::v1 {
namespace {

using Writer = FrameWriter;

}  // namespace

std::string welcome(const Welcome& welcome) {
  Writer writer("welcome");
  writer.text("session", welcome.session)
      .text("secret", welcome.secret)
      .text("user", welcome.user)
      .flag("resumed", welcome.resumed);
  if (welcome.inherits) writer.flag("inherits", true);
  writer.number("handled", welcome.handled)
      .number("ttl_ms", welcome.ttl_ms)
      .number("ping_ms", welcome.ping_ms);
  if (welcome.message_bytes_max != 0) writer.number("message_bytes_max", welcome.message_bytes_max);
  return writer.done();
}

std::string message(const MessagePlace& place, std::string_view data) {
  Writer writer("message");
  if (!place.room.empty()) writer.text("room", place.room);
  if (place.offset) writer.number("offset", *place.offset);
  if (place.id != 0) writer.number("id", place.id);
  return writer.raw("data", data).done();
}

bool renumber_message(base::MutableBytes text, std::uint64_t offset) {
  // No room's name holds the mark: in quoted text a quotation mark follows a backslash.
  constexpr std::string_view kMark = ",\"offset\":";
  const std::string_view written = base::as_text(text);
  const std::size_t mark = written.find(kMark);
  assert(mark != std::string_view::npos);
  const std::size_t begin = mark + kMark.size();
  const std::size_t digits = written.find_first_not_of("0123456789", begin) - begin;
  std::array<char, 20> number;
  const auto [end, error] = std::to_chars(number.data(), number.data() + number.size(), offset);
  assert(error == std::errc());
  if (static_cast<std::size_t>(end - number.data()) != digits) return false;
  std::copy_n(reinterpret_cast<const std::byte*>(number.data()), digits,
              text.subspan(begin).begin());
  return true;
}

std::string ack(std::uint64_t id, const Json* data) {
  Writer writer("ack");
  writer.number("id", id);
  if (data) writer.raw("data", to_text(*data));
  return writer.done();
}

std::string error(std::uint64_t id, std::string_view code, std::string_view text) {
  Writer writer("error");
  if (id != 0) writer.number("id", id);
  return writer.text("code", code).text("message", text).done();
}

std::string joined(const Joined& joined) {
  Writer writer("joined");
  writer.text("room", joined.room);
  if (joined.id != 0) writer.number("id", joined.id);
  if (!joined.epoch.empty()) writer.text("epoch", joined.epoch).number("offset", joined.offset);
  if (joined.recovered) writer.flag("recovered", *joined.recovered);
  if (joined.presence) writer.raw("presence", to_text(*joined.presence));
  return writer.done();
}

std::string left(std::string_view room, std::uint64_t id) {
  Writer writer("left");
  writer.text("room", room);
  if (id != 0) writer.number("id", id);
  return writer.done();
}

std::string presence(std::string_view room, const Json& joins, const Json& leaves) {
  return Writer("presence")
      .text("room", room)
      .raw("joins", to_text(joins))
      .raw("leaves", to_text(leaves))
      .done();
}

std::string pong() {
  return Writer("pong").done();
}

std::string bye(const Bye& bye) {
  return Writer("bye")
      .number("code", bye.code)
      .text("reason", bye.reason)
      .flag("reconnect", bye.reconnect)
      .number("retry_ms", bye.retry_ms)
      .done();
}

std::string data_of(std::string_view content) {
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  const bool compound =
      first != std::string_view::npos && (content[first] == '{' || content[first] == '[');
  if (compound) {
    boost::json::error_code error;
    boost::json::parse(content, error);
    if (!error) return std::string(content);
  }
  return quoted(content);
}

std::string content_of(const Json& data) {
  const auto* text = data.if_string();
  return text ? std::string(text->data(), text->size()) : to_text(data);
}

}  // namespace microframe::v1
