#include "v1/server_frame.hpp"

#include "base/parse_json.hpp"
#include "v1/fields.hpp"
#include "v1/named_type.hpp"

namespace microframe::v1 {
namespace {

using ServerType = ServerFrame::Type;

constexpr NamedType<ServerType> kServerTypes[] = {
    {"welcome", ServerType::welcome}, {"message", ServerType::message},
    {"ack", ServerType::ack},         {"error", ServerType::error},
    {"joined", ServerType::joined},   {"left", ServerType::left},
    {"pong", ServerType::pong},       {"presence", ServerType::presence},
    {"bye", ServerType::bye},
};

std::optional<std::uint64_t> optional_number(Fields& fields, std::string_view name) {
  if (!fields.find(name)) return std::nullopt;
  return fields.number(name);
}

// A member that is no object counts as missing.
Json object(Fields& fields, std::string_view name) {
  const Json* value = fields.find(name);
  return value && value->is_object() ? fields.take(name) : Json{};
}

void read_welcome(Fields& fields, ServerFrame& frame) {
  frame.session = fields.text("session");
  frame.secret = fields.text("secret");
  frame.user = fields.text_or("user", "");
  frame.resumed = fields.flag("resumed");
  if (fields.find("inherits")) frame.inherits = fields.flag("inherits");
  frame.handled = fields.number_or("handled", 0);
  frame.ping_ms = fields.number_or("ping_ms", 0);
  frame.message_bytes_max = optional_number(fields, "message_bytes_max");
}

void read_joined(Fields& fields, ServerFrame& frame) {
  frame.room = fields.text("room");
  frame.epoch = fields.text_or("epoch", "");
  frame.offset = optional_number(fields, "offset");
  if (fields.find("recovered")) frame.recovered = fields.flag("recovered");
  frame.presence = object(fields, "presence");
}

void read_members(Fields& fields, ServerFrame& frame) {
  switch (frame.type) {
    case ServerType::welcome:
      return read_welcome(fields, frame);
    case ServerType::message:
      frame.data = fields.take("data");
      frame.room = fields.text_or("room", "");
      frame.offset = optional_number(fields, "offset");
      return;
    case ServerType::ack:
      frame.data = fields.take("data");
      return;
    case ServerType::error:
      frame.code = fields.text("code");
      frame.text = fields.text_or("message", "");
      return;
    case ServerType::joined:
      return read_joined(fields, frame);
    case ServerType::left:
      frame.room = fields.text("room");
      return;
    case ServerType::presence:
      frame.room = fields.text("room");
      frame.joins = object(fields, "joins");
      frame.leaves = object(fields, "leaves");
      return;
    case ServerType::bye:
      frame.close = fields.number("code");
      frame.text = fields.text_or("reason", "");
      frame.reconnect = fields.flag("reconnect");
      frame.retry_ms = fields.number_or("retry_ms", 0);
      return;
    case ServerType::pong:
    case ServerType::unknown:
      return;
  }
}

}  // namespace

base::Result<ServerFrame, std::string> parse_server_frame(std::string_view text) {
  std::string why;
  auto parsed = base::parse_json(text, why);
  if (!parsed) return base::fail(why);
  auto* members = parsed->if_object();
  if (!members) return base::fail(std::string("a frame is a JSON object"));
  Fields fields(*members);
  ServerFrame frame;
  frame.type = find_type(kServerTypes, fields.text_or("t", "")).value_or(ServerType::unknown);
  frame.id = fields.number_or("id", 0);
  read_members(fields, frame);
  if (!fields.good()) return base::fail(fields.fault());
  return frame;
}

}  // namespace microframe::v1
