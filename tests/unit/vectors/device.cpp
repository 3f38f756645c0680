#include "unit/vectors/device.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <variant>

#include "proto/frame_header.hpp"
#include "v1/binary.hpp"
#include "v1/names.hpp"
#include "ws/joined_reply.hpp"

namespace microframe::vectors {
namespace {

using Kind = Connection::Kind;

// Writes a message's place into its frame. Every member of this hub has a session, so there is no
// other form of the frame.
class PlaceSeal final : public hub::Seal {
 public:
  PlaceSeal(std::string_view room, const Json& value) : room_(room), value_(value) {}

  base::Frame encode(std::optional<std::uint64_t> offset) const override {
    v1::MessagePlace place;
    place.room = room_;
    place.offset = offset;
    return base::Frame({}, vectors::encode(v1::message(place, to_text(value_))));
  }
  void renumber(base::Frame& frame, std::uint64_t offset) const override { frame = encode(offset); }

 private:
  std::string_view room_;
  const Json& value_;
};

v1::ServerSession::Options options() {
  v1::ServerSession::Options options;
  options.kept = {1'000'000, 1'000};
  options.ttl_ms = 120'000;
  options.ping_ms = 25'000;
  options.message_bytes_max = 1024 * 1024;
  return options;
}

}  // namespace

base::SharedBuffer encode(std::string_view text) {
  return proto::encode_message(false, base::as_bytes(text));
}

Device::Device(hub::Hub& hub, const std::string& user, unsigned number)
    : Member(user, 0),
      hub_(hub),
      session_("session-" + std::to_string(number), "secret-" + std::to_string(number), options()) {
}

// --- connections ---

void Device::begin(std::shared_ptr<Connection> connection, bool inherits) {
  attach(std::move(connection));
  send(session_.welcome(user(), inherits));
}

void Device::go_on(std::shared_ptr<Connection> connection, std::uint64_t received) {
  attach(std::move(connection));
  hub_.resume(*this);
  send(session_.welcome_back(user(), received));
  session_.for_each_kept([this](const base::SharedBuffer& frame) { transmit(frame); });
}

void Device::attach(std::shared_ptr<Connection> connection) {
  connection_ = std::move(connection);
  connection_->device = this;
}

void Device::detach() {
  if (connection_) connection_->device = nullptr;
  connection_.reset();
}

void Device::suspend() {
  detach();
  session_.rewind();
  hub_.suspend(*this);
}

// --- out ---

void Device::transmit(const base::SharedBuffer& frame) {
  if (!connection_) return;
  const auto decoded = proto::decode_header(frame.bytes(), proto::Role::client);
  ASSERT_TRUE(decoded && *decoded);
  const bool binary = (*decoded)->header.opcode == proto::Opcode::binary;
  const base::Bytes payload = frame.bytes().subspan((*decoded)->size);
  connection_->frames.push_back(
      {binary ? Kind::binary : Kind::text, std::string(base::as_text(payload))});
}

void Device::transmit_close(std::uint16_t code) {
  connection_->frames.push_back({Kind::close, std::to_string(code)});
}

void Device::send(const v1::Reply& reply) {
  const base::SharedBuffer frame = encode(reply.text);
  if (reply.counted) session_.sent(frame);
  transmit(frame);
}

void Device::send(const std::optional<v1::Reply>& reply) {
  if (reply) send(*reply);
}

void Device::deliver(const base::Frame& frame) {
  session_.sent(frame.enveloped());
  transmit(frame.enveloped());
}

void Device::joined(const hub::Joined& joined) {
  send(ws::joined_reply(session_, joined));
  if (!joined.missed) return;
  for (const base::Frame& frame : *joined.missed) deliver(frame);
}

// --- in ---

void Device::take(v1::ServerStep step) {
  std::visit([this](const auto& one) { take_step(one); }, step);
}

void Device::take_step(const v1::Handle& handle) {
  session_.begin(handle.frame.id);
  try {
    on_message(handle.frame.data);
    send(session_.done());
  } catch (const BadMessage& why) {
    send(session_.refuse(v1::kBadMessage, why.what()));
  }
}

void Device::take_step(const v1::HandleBinary& handle) {
  session_.begin(handle.id);
  v1::BinaryFrame back;
  back.content = handle.content;
  const auto frame = proto::encode_message(true, base::as_bytes(v1::write_binary(back)));
  deliver(base::Frame({}, frame));
  send(session_.done());
}

void Device::take_step(const v1::Control& control) {
  const v1::ClientFrame& frame = control.frame;
  session_.begin(frame.id);
  session_.begin_control();
  if (frame.type == v1::ClientFrame::Type::join) return join(frame);
  if (frame.type == v1::ClientFrame::Type::leave) return leave(frame);
  if (frame.name == good_token(user())) return send(session_.ack(frame.id));
  send(session_.error(frame.id, v1::kBadToken, "the token is not good"));
}

void Device::join(const v1::ClientFrame& frame) {
  if (!frame.name.starts_with("open"))
    return send(session_.error(frame.id, v1::kForbidden, "the room is not for you"));
  hub::JoinWish wish;
  wish.since = frame.since;
  wish.latest = static_cast<std::size_t>(frame.number);
  wish.request = frame.id;
  const auto result = hub_.join(*this, frame.name, &wish);
  if (ws::in_room(result)) return;
  const bool invalid = result == hub::JoinResult::name_invalid;
  send(session_.error(frame.id, invalid ? v1::kRoomNameInvalid : v1::kTooManyRooms, "no"));
}

void Device::leave(const v1::ClientFrame& frame) {
  session_.begin_leave(frame.id);
  const bool left = hub_.leave(*this, frame.name);
  session_.end_leave();
  if (!left) send(session_.error(frame.id, v1::kNotInRoom, "you are not in that room"));
}

// --- the hook ---

void Device::on_message(const Json& message) {
  const std::string op = text(message, "op");
  if (op == "fail") throw BadMessage("as asked");
  if (op == "reply") send(session_.answer(&message.at("value")));
  if (op == "send")
    deliver(base::Frame({}, encode(v1::message(v1::MessagePlace(), to_text(message.at("value"))))));
  if (op == "room") publish(text(message, "room"), message.at("value"), nullptr);
  if (op == "others") publish(text(message, "room"), message.at("value"), this);
  if (op == "join") hub_.join(*this, text(message, "room"));
  if (op == "ask") send(session_.ask(to_text(message.at("value"))).frame);
  if (op == "close") close(static_cast<std::uint16_t>(message.at("code").as_int64()));
}

void Device::publish(const std::string& room, const Json& value, Device* excluded) {
  const PlaceSeal seal(room, value);
  hub::Exclusion exclusion;
  exclusion.device = base::Ref<hub::Member>(excluded);
  hub_.broadcast_to_room(room, seal, std::move(exclusion));
}

void Device::close(std::uint16_t code) {
  send(session_.bye(code, "", 500));
  transmit_close(code);
  if (v1::ServerSession::heals(code)) return suspend();
  detach();
  is_over_ = true;
}

}  // namespace microframe::vectors
