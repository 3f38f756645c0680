#include "testing/device.hpp"

#include <utility>

#include "hub/hub.hpp"
#include "microframe/ws/ack.hpp"
#include "proto/utf8.hpp"
#include "ws/encode.hpp"

namespace microframe::testing_detail {

using proto::CloseCode;
using ws::DisconnectCause;

Device::Device(const Site& site, std::uint64_t number, std::string user,
               base::Ref<const ws::Identity> identity)
    : Member(std::move(user), 0),
      site_(site),
      number_(number),
      identity_(std::move(identity)),
      hooks_(site.endpoint.hook_target(), *this) {}

// --- what its client does ---

void Device::begin() {
  if (const auto oldest = endpoint().hub().add(*this)) oldest->evict();
  hooks_.connect(ws::WebSocket(*this));
}

void Device::receive(bool binary, std::string_view bytes) {
  if (!closed) hooks_.message(binary, base::as_bytes(bytes));
}

bool Device::ask_for_room(std::string_view room) {
  if (closed) return false;
  v1::ClientFrame frame;
  frame.type = v1::ClientFrame::Type::join;
  frame.name = room;
  hooks_.session_control(std::move(frame), room.size());
  return true;
}

void Device::end(ws::DisconnectReason reason) {
  if (closed) return;
  closed = reason;
  endpoint().hub().begin_leave(*this);
  const bool drop_queue = reason.cause != DisconnectCause::peer_closed &&
                          reason.cause != DisconnectCause::connection_lost;
  hooks_.disconnect(std::move(reason), drop_queue);
}

// --- what it is sent ---

void Device::deliver(const base::Frame& frame) {
  if (!closed) inbox.emplace_back(base::as_text(frame.plain().content()));
}

bool Device::send(const base::Frame& frame) {
  if (closed) return false;
  if (loop().is_current()) {
    deliver(frame);
  } else {
    endpoint().hub().send(*this, frame);
  }
  return true;
}

void Device::reply(const Json& value) {
  send(ws::encode(value, ws::Forms::plain));
}

void Device::ask(const Json& message, std::chrono::milliseconds, const Answered& told) {
  reply(message);
  told(ws::Ack(ws::WebSocket(*this), ws::AckStatus::not_supported, {}));
}

// --- its end ---

void Device::close_soon(DisconnectCause cause, CloseCode code, std::string_view reason) {
  loop().post([held = base::Ref<Device>(this), cause, code, text = std::string(reason)] {
    held->end({cause, static_cast<std::uint16_t>(code), text});
  });
}

void Device::request_close(CloseCode code, std::string_view reason) {
  close_soon(DisconnectCause::server_closed, code, reason);
}

void Device::evict() {
  close_soon(DisconnectCause::replaced, CloseCode::replaced, "replaced by a newer device");
}

void Device::revoke(std::string_view reason) {
  close_soon(DisconnectCause::revoked, CloseCode::replaced, reason);
}

bool Device::refresh_token(std::string_view token) {
  const auto claims = endpoint().access().verify(token, std::chrono::system_clock::now());
  return claims && claims->sub == user();
}

// --- rooms ---

std::vector<std::string> Device::rooms() const {
  return endpoint().hub().rooms_of(*this);
}

void Device::joined(const hub::Joined& joined) {
  if (joined.missed) {
    for (const base::Frame& frame : *joined.missed) deliver(frame);
  }
  if (joined.entered) note_room_change({endpoint().hooks().on_join, "on_join"}, joined.room);
}

void Device::left(std::string_view room) {
  note_room_change({endpoint().hooks().on_leave, "on_leave"}, room);
}

// A hub is at work, and must not be called back: the hook runs later.
void Device::note_room_change(const ws::RoomHook& hook, std::string_view room) {
  if (!hook.hook || !hooks_.note_room_change(hook, std::string(room))) return;
  loop().post([held = base::Ref<Device>(this)] { held->hooks_.go_on(); });
}

// --- hooks ---

void Device::on_control(const v1::ClientFrame& frame, bool allowed) {
  if (allowed) endpoint().hub().join(*this, frame.name);
}

void Device::on_bad_message(std::string_view word, std::string_view detail) {
  const bool is_text = proto::is_utf8(base::as_bytes(detail));
  reply({{"error", word}, {"detail", is_text ? detail : "not UTF-8"}});
}

void Device::on_hook_failed(std::string_view hook, std::string_view what) {
  site_.hook_failure = std::string(hook) + ": " + std::string(what);
  close_soon(DisconnectCause::hook_failed, CloseCode::internal_error, "internal error");
}

void Device::on_last_hook() {
  endpoint().hub().remove(*this);
}

// The runner is still on the stack, and its handle may be the last.
void Device::on_hooks_ended() {
  loop().post([held = base::Ref<Device>(this)] { held->hooks_.forget_handle(); });
}

}  // namespace microframe::testing_detail
