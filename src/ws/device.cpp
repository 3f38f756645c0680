#include "ws/device.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

#include "hub/hub.hpp"
#include "v1/names.hpp"
#include "ws/encode.hpp"
#include "ws/endpoint.hpp"
#include "ws/user_lookup.hpp"

namespace microframe::ws {

using base::Ref;
using proto::CloseCode;

// --- it begins ---

Device::Device(LoopContext& context, Opening opening)
    : Member(std::move(opening.user), context.index),
      Resident(Kind::device),
      id_(opening.arrival ? opening.arrival->from.device : context.registries.new_connection_id()),
      connection_(context, *this, opening),
      identity_(std::move(opening.identity)) {}

Device::~Device() = default;

Ref<Device> Device::make(LoopContext& context, Opening opening) {
  const Ref<Device> made(new Device(context, std::move(opening)));
  made->retain();  // the roster's
  context.roster.enter(*made);
  return made;
}

void Device::begin(std::unique_ptr<net::Socket> socket, base::MutableBytes early) {
  enter([&] { connection_.begin(std::move(socket), early); });
}

void Device::open(LoopContext& context, Resumption resumption) {
  if (resumption.departure) return resumption.departure->refuse();
  if (context.roster.is_closing()) return;
  const Ref<Device> made = make(context, std::move(resumption.opening));
  made->enter([&] { made->connection_.begin(std::move(resumption)); });
}

void Device::land(LoopContext& context, Resumption resumption, Arrival arrival) {
  if (context.roster.is_closing()) return;
  const Opening& client = resumption.opening;
  Opening opening{client.endpoint, client.user, client.identity, true, true, {}, {}};
  opening.arrival = std::make_unique<Arrival>(std::move(arrival));
  const Arrival from = *opening.arrival;
  const Ref<Device> made = make(context, std::move(opening));
  made->enter([&] { made->connection_.land(std::move(resumption), from); });
}

// --- turns ---

template <class Action>
void Device::enter(Action&& action) {
  const Ref<Device> keep(this);
  roster().run(*this, action);
}

template <class Action>
void Device::enter_on_loop(Action action) {
  connection_.context().run([held = Ref<Device>(this), action = std::move(action)] {
    held->enter([&] { action(held->connection_); });
  });
}

bool Device::begin_turn() {
  if (Roster::is_condemned(*this)) return false;
  retain();
  return true;
}

void Device::end_turn(bool out_of_memory) {
  if (out_of_memory) give_up();
  release();  // it may be gone
}

void Device::in_turn(const std::function<void()>& task) {
  enter(task);
}

void Device::post_turn(std::function<void()> task) {
  connection_.context().loop.post(
      [held = Ref<Device>(this), task = std::move(task)] { held->enter(task); });
}

void Device::queue_turn(std::function<void()> task) {
  connection_.context().turns.add(
      [held = Ref<Device>(this), task = std::move(task)] { held->enter(task); });
}

void Device::post_turn_after(std::chrono::milliseconds delay, std::function<void()> task) {
  connection_.context().loop.after(
      delay, [held = Ref<Device>(this), task = std::move(task)] { held->enter(task); });
}

// --- the hub ---

void Device::deliver(const base::Frame& frame) {
  roster().run(*this, [&] { connection_.deliver(frame); });
}

void Device::deliver_marked(const base::Frame& frame, const hub::Mark& mark) {
  roster().run(*this, [&] { connection_.deliver_marked(frame, mark); });
}

void Device::joined(const hub::Joined& joined) {
  roster().run(*this, [&] { connection_.joined(joined); });
}

void Device::left(std::string_view room) {
  roster().run(*this, [&] { connection_.left(room); });
}

std::string_view Device::session() const {
  const Session* session = connection_.session();
  return session ? std::string_view(session->name()) : std::string_view{};
}

void Device::evict() {
  enter_on_loop([](Connection& connection) {
    connection.on_rejected(guard::Rejection::replaced, "the user has too many devices");
    connection.close(DisconnectCause::replaced, CloseCode::replaced, "replaced by a newer device");
  });
}

void Device::revoke(std::string_view reason) {
  enter_on_loop([text = std::string(reason)](Connection& connection) { connection.revoke(text); });
}

void Device::recheck_token() {
  enter_on_loop([](Connection& connection) { connection.check_revocation(); });
}

void Device::ask(const Json& message, std::chrono::milliseconds timeout, const Answered& told) {
  enter_on_loop([this, message, timeout, told](Connection& connection) {
    const auto answered = [told, handle = WebSocket(*this)](AckStatus status, Json data) {
      told(Ack(handle, status, std::move(data)));
    };
    if (!connection.life().accepts() || connection.is_landing())
      return answered(AckStatus::disconnected, {});
    if (Session* session = connection.session()) return session->ask(message, timeout, answered);
    send(encode(message, Forms::plain));
    answered(AckStatus::not_supported, {});
  });
}

// --- the roster ---

bool Device::shut_down() {
  const bool was_open = is_open();
  enter([this] {
    connection_.close(DisconnectCause::shutdown, CloseCode::service_restart, "the server restarts");
  });
  return was_open;
}

void Device::drop() {
  const Ref<Device> keep(this);
  if (Roster::is_condemned(*this) && !connection_.life().has_ended())
    connection_.on_rejected(guard::Rejection::out_of_memory, "dropped");
  connection_.drop();
}

// --- handles ---

std::vector<std::string> Device::rooms() const {
  return endpoint().hub().rooms_of(*this);
}

detail::DataSlot& Device::data() {
  if (!connection_.context().is_current())
    throw std::logic_error(
        "data() of a connection belongs to its hooks, and another thread has asked");
  return connection_.data();
}

bool Device::send(const base::Frame& frame) {
  if (!connection_.life().accepts()) return false;
  if (connection_.context().loop.is_current()) {
    deliver(frame);
  } else {
    endpoint().hub().send(*this, frame);
  }
  return true;
}

void Device::reply(const Json& value) {
  Session* session = connection_.session();
  if (session && connection_.context().is_current() && session->reply(value)) return;
  send(encode(value, session ? Forms::enveloped : Forms::plain));
}

std::string Device::subprotocol() const {
  return has_session() ? std::string(v1::kSubprotocol) : identity()->subprotocol();
}

std::size_t Device::buffered() const {
  if (connection_.context().is_current()) return connection_.buffered();
  return connection_.gauges().waiting_bytes.load(std::memory_order_relaxed);
}

bool Device::may_repeat() const {
  const Session* session = connection_.session();
  return session && connection_.context().is_current() && session->may_repeat();
}

std::chrono::microseconds Device::rtt() const {
  return std::chrono::microseconds(connection_.gauges().rtt_us.load(std::memory_order_relaxed));
}

void Device::request_close(CloseCode code, std::string_view reason) {
  enter_on_loop([code, text = std::string(reason)](Connection& connection) {
    connection.close(DisconnectCause::server_closed, code, text);
  });
}

// Whoever waits is told even where there is no memory to wait with.
void Device::when_drained(std::function<void(bool)> told) {
  connection_.context().run([held = Ref<Device>(this), told = std::move(told)] {
    Roster& roster = held->roster();
    if (!roster.run(*held, [&] { held->connection_.when_drained(told); })) told(false);
  });
}

bool Device::refresh_token(std::string_view token) {
  const auto refused = std::make_shared<std::atomic<bool>>(false);
  renew_token(token, [refused](bool accepted) { *refused = !accepted; });
  return !*refused;
}

void Device::renew_token(std::string_view token, std::function<void(bool)> told) {
  auto claims = endpoint().access().verify(token, std::chrono::system_clock::now());
  if (!claims || claims->sub != user()) return told(false);
  if (!endpoint().access().users()) {
    renew(*claims, nullptr);
    return told(true);
  }
  LoopContext& context = connection_.context();
  context.run(
      [&context, held = Ref<Device>(this), claims = std::move(*claims), told = std::move(told)] {
        const auto answered = [held, claims, told](const AuthorizedUser& authorized) {
          held->enter([&] {
            if (held->connection_.life().has_ended()) return;
            if (authorized) held->renew(claims, authorized);
            told(authorized != nullptr);
          });
        };
        UserLookup::ask(context, held->endpoint().access(), claims, answered);
      });
}

void Device::renew(const authx::Claims& claims, const AuthorizedUser& authorized) {
  identity_.renew(connection_.context().identities, claims, authorized);
  enter_on_loop([](Connection& connection) { connection.rearm(); });
}

// --- the client comes back ---

// By a post: a hub may be walking its lists.
void Device::give_up_session() {
  connection_.context().post(
      [held = Ref<Device>(this)] { held->enter([&] { held->connection_.end_wait(); }); });
}

void Device::request_resume(std::shared_ptr<Resumption> resumption) {
  enter_on_loop([resumption = std::move(resumption)](Connection& connection) {
    connection.resume(std::move(*resumption));
  });
}

void Device::request_watch(std::function<void(const Resumable::Watched&)> told) {
  enter_on_loop([told = std::move(told)](Connection& connection) { told(connection.watch()); });
}

void Device::identify(base::Ref<const Identity> identity) {
  identity_.set(connection_.context().identities, std::move(identity));
}

}  // namespace microframe::ws
