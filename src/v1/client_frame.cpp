#include "v1/client_frame.hpp"

#include "base/parse_json.hpp"
#include "v1/fields.hpp"
#include "v1/named_type.hpp"
#include "v1/names.hpp"
#include "v1/salvage.hpp"

namespace microframe::v1 {
namespace {

using ClientType = ClientFrame::Type;

constexpr NamedType<ClientType> kClientTypes[] = {
    {"message", ClientType::message},   {"ack", ClientType::ack},
    {"error", ClientType::error},       {"join", ClientType::join},
    {"leave", ClientType::leave},       {"refresh", ClientType::refresh},
    {"received", ClientType::received}, {"ping", ClientType::ping},
};

void read_since(Fields& fields, ClientFrame& frame, std::string& fault) {
  Json* since = fields.find("since");
  if (!since) return;
  auto* object = since->if_object();
  if (!object) {
    fault = "\"since\" must be an object";
    return;
  }
  Fields inner(*object);
  frame.since.emplace();
  frame.since->epoch = inner.text("epoch");
  frame.since->offset = inner.number("offset");
  frame.since->session = inner.text_or("session", "");
  fault = inner.fault();
}

void read_origin(Fields& fields, ClientFrame& frame, std::string& fault) {
  if (!fields.find("of")) return;
  frame.name = fields.text("of");
  if (frame.id == 0 || !parse_origin(frame.name))
    fault = "\"of\" must be the name of a session, a dot and an id, of a message with an id";
}

// The members of one type each.
void read_members(Fields& fields, ClientFrame& frame, std::string& fault) {
  switch (frame.type) {
    case ClientType::message:
      if (!fields.find("data")) fault = "\"data\" is missing";
      frame.data = fields.take("data");
      return read_origin(fields, frame, fault);
    case ClientType::ack:
      frame.id = fields.number("id");
      frame.data = fields.take("data");
      return;
    case ClientType::error:
      frame.id = fields.number("id");
      frame.name = fields.text("code");
      frame.text = fields.text("message");
      return;
    case ClientType::join:
      frame.name = fields.text("room");
      frame.number = fields.number_or("last", 0);
      return read_since(fields, frame, fault);
    case ClientType::leave:
      frame.name = fields.text("room");
      return;
    case ClientType::refresh:
      frame.name = fields.text("token");
      return;
    case ClientType::received:
      frame.number = fields.number("n");
      return;
    case ClientType::ping:
      return;
  }
}

FrameFault unreadable(std::string_view text, const std::string& why) {
  const Salvage found = salvage(text);
  FrameFault fault(kInvalidJson, why, found.id);
  fault.is_numbered = found.type != "ack" && found.type != "error";
  return fault;
}

}  // namespace

base::Result<ClientFrame, FrameFault> parse_client_frame(std::string_view text) {
  std::string why;
  auto parsed = base::parse_json(text, why);
  if (!parsed) return base::fail(unreadable(text, why));
  auto* object = parsed->if_object();
  if (!object) return base::fail(FrameFault(kBadFrame, "a frame is a JSON object"));
  Fields fields(*object);
  ClientFrame frame;
  frame.id = fields.number_or("id", 0);
  const std::string name = fields.text("t");
  if (!fields.good()) return base::fail(FrameFault(kBadFrame, fields.fault(), frame.id));
  const auto known = find_type(kClientTypes, name);
  if (!known) return base::fail(FrameFault(kBadFrame, "there is no frame of that type", frame.id));
  frame.type = *known;
  read_members(fields, frame, why);
  if (why.empty()) why = fields.fault();
  if (why.empty()) return frame;
  FrameFault fault(kBadFrame, why, frame.id);
  fault.is_numbered = frame.type != ClientType::ack && frame.type != ClientType::error;
  return base::fail(std::move(fault));
}

}  // namespace microframe::v1
