#include "simulation/sessions/host.hpp"

#include <utility>

#include "simulation/sessions/server.hpp"
#include "v1/names.hpp"
#include "v1/server_frames.hpp"

namespace microframe::simulation::sessions {
namespace {

using Kind = Link::Item::Kind;

constexpr std::uint16_t kReplaced = 4409;
constexpr std::uint16_t kUnauthenticated = 4401;

}  // namespace

Host::Host(Scene& scene, Server& server, unsigned id, const std::string& user, std::size_t loop)
    : Member(user, loop),
      scene_(scene),
      server_(server),
      name_("s" + std::to_string(id)),
      secret_("x" + std::to_string(id)),
      line_(*this, *scene.loops[loop], scene.random, [this] { take_successor(); }),
      sent_({kSessionBytesMax, kSessionFramesMax}) {}

// --- a link comes ---

void Host::attach(const Arrival& arrival) {
  link_ = arrival.link;
  link_->host = this;
  link_->held = false;
  link_->loop = loop();
  expires_ms_ = arrival.expires_ms;
  own_loop().wheel().arm(*this, expires_ms_);
  link_->push_down({Kind::accepted, std::string(v1::kSubprotocol)});
}

void Host::open(const Arrival& arrival) {
  scene_.trace([&] { return name_ + " begins: " + user(); });
  attach(arrival);
  welcome(false);
  if (const auto oldest = scene_.hub.add(*this))
    static_cast<Host&>(*oldest).request_close(kReplaced);
  connect();
}

void Host::connect() {
  const auto begin = [this] {
    ++connects_;
    if (scene_.random.percent(15)) scene_.hub.join(*this, scene_.random.pick(House::rooms()));
  };
  line_.run({false, begin, {}});
}

void Host::resume(Arrival arrival) {
  if (phase_ == Phase::ended || ends_for_good_) return server_.begin_anew(arrival, loop());
  if (phase_ == Phase::open) evict();
  if (!sent_.has_all_after(arrival.received)) {
    server_.begin_anew(arrival, loop());
    return end_suspended();
  }
  if (successor_) successor_->link->cut();
  successor_ = std::move(arrival);
  take_successor();
}

// Once no hook of the former life runs or waits.
void Host::take_successor() {
  if (!successor_ || phase_ != Phase::suspended || !line_.is_free()) return;
  own_loop().post([held = base::Ref<Host>(this)] {
    const auto successor = std::exchange(held->successor_, std::nullopt);
    if (!successor) return;
    const bool can = held->phase_ == Phase::suspended && held->line_.is_free();
    const bool all = held->sent_.has_all_after(successor->received);  // as long as it had to wait
    if (can && all) return held->go_on_with(*successor);
    held->server_.begin_anew(*successor, held->loop());
    if (!all) held->end_suspended();
  });
}

void Host::go_on_with(const Arrival& arrival) {
  scene_.trace([&] { return name_ + " goes on after " + std::to_string(arrival.received); });
  attach(arrival);
  phase_ = Phase::open;
  scene_.hub.resume(*this);
  welcome(true);
  sent_.forget(arrival.received);
  std::uint64_t count = sent_.count() - sent_.kept();
  sent_.for_each_after(arrival.received,
                       [&](const base::SharedBuffer& frame) { transmit(frame, ++count); });
  connect();
}

// --- a link goes ---

void Host::lose_link() {
  if (link_) link_->host = nullptr;
  link_ = {};
  own_loop().wheel().cancel(*this);
}

void Host::evict() {
  v1::Bye bye;
  bye.code = kReplaced;
  send_uncounted(v1::bye(bye));
  link_->push_down({Kind::close, "resumed elsewhere", kReplaced});
  lose_link();
  suspend(false);
}

void Host::request_close(std::uint16_t code) {
  scene_.run_on(loop(), [held = base::Ref<Host>(this), code] { held->close(code); });
}

void Host::close(std::uint16_t code) {
  if (phase_ == Phase::suspended) end_suspended();
  if (phase_ != Phase::open) return;
  scene_.trace([&] { return name_ + " is closed with " + std::to_string(code); });
  v1::Bye bye;
  bye.code = code;
  bye.reconnect = heals(code);
  if (bye.reconnect && code != kUnauthenticated) bye.retry_ms = scene_.random.below(1000);
  if (scene_.random.percent(80)) send_uncounted(v1::bye(bye));
  link_->push_down({Kind::close, "closed by the server", code});
  leave(heals(code), false);
}

// received_all: what has come is still handled.
void Host::leave(bool may_come_back, bool received_all) {
  if (phase_ != Phase::open) return;
  lose_link();
  if (may_come_back && !ends_for_good_) return suspend(!received_all);
  phase_ = Phase::ended;
  scene_.hub.begin_leave(*this);
  end_session();
  if (!received_all) line_.drop_messages();
  line_.run({false, [this] { ++disconnects_; }, [this] { remove(); }});
}

void Host::suspend(bool drop_queue) {
  scene_.trace([&] { return name_ + " is suspended"; });
  phase_ = Phase::suspended;
  if (drop_queue) {
    ids_.rewind();
    line_.drop_messages();
  }
  scene_.hub.suspend(*this);
  own_loop().wheel().arm(*this, scene_.now_ms + kSessionTtlMs);
  line_.run({false, [this] { ++disconnects_; }, {}});
}

void Host::end_suspended() {
  if (phase_ != Phase::suspended) return;
  ends_for_good_ = true;
  if (!line_.is_free()) return own_loop().wheel().arm(*this, scene_.now_ms);
  scene_.trace([&] { return name_ + " expires"; });
  own_loop().wheel().cancel(*this);
  phase_ = Phase::ended;
  was_suspended_ = true;
  scene_.hub.begin_leave(*this);
  end_session();
  line_.run({false, [this] { ++expiries_; }, [this] { remove(); }});
}

void Host::end_session() {
  server_.forget(name_);
  if (const auto successor = std::exchange(successor_, std::nullopt))
    server_.begin_anew(*successor, loop());
  while (!asks_.empty()) settle(asks_.begin()->first, "disconnected");
}

void Host::remove() {
  scene_.hub.remove(*this);
  removed_ = true;
}

void Host::on_deadline(std::uint64_t) {
  if (phase_ == Phase::suspended) return end_suspended();
  close(kUnauthenticated);
}

void Host::check_ended() const {
  require(removed_ && phase_ == Phase::ended, [&] { return name_ + " never ended"; });
  require(connects_ == disconnects_ && connects_ != 0,
          [&] { return name_ + ": on_connect and on_disconnect are no pairs"; });
  require(expiries_ == (was_suspended_ ? 1U : 0U), [&] { return name_ + ": on_session_expired"; });
  require(entered_.empty(), [&] { return name_ + ": on_join without on_leave"; });
}

}  // namespace microframe::simulation::sessions
