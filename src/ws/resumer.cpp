#include "ws/resumer.hpp"

#include <utility>

#include "base/to_ms.hpp"

namespace microframe::ws {

using State = Life::State;
using Event = Life::Event;
using Action = Life::Action;

Resumer::Resumer(net::Loop& loop, std::chrono::milliseconds ttl, base::Slots& suspended, Life& life,
                 ResumerHost& host)
    : loop_(loop), ttl_(ttl), suspended_(suspended), life_(life), host_(host) {}

bool Resumer::suspend() {
  base::Slots::Place place = suspended_.take();
  if (!place || life_.on(Event::suspend) != Action::wait) return false;
  place_ = std::move(place);
  until_ms_ = loop_.now_ms() + base::to_ms(ttl_);
  return true;
}

void Resumer::stream_over() {
  if (life_.state() == State::suspended) loop_.wheel().arm(*this, until_ms_);
}

void Resumer::resume(Resumption resumption) {
  if (life_.has_ended() || life_.state() == State::expiring)
    return host_.begin_anew(std::move(resumption));
  // Its client has given the attempt up, or somebody on the way has sent it twice: it evicts nobody,
  // and is dropped.
  if (!host_.is_latest(resumption)) return;
  host_.release_stream();
  if (!life_.may_come_back()) return host_.begin_anew(std::move(resumption));
  if (!host_.can_resume(resumption)) {
    host_.begin_anew(std::move(resumption));
    return expire();
  }
  hold(std::move(resumption));
  hook_ended();
}

// The client came in time and does not lose the session to a slow hook, but waits no longer than
// another time to live. A stream that was held before is dropped.
void Resumer::hold(Resumption resumption) {
  successor_ = std::make_unique<Resumption>(std::move(resumption));
  life_.on(Event::resume);
  loop_.wheel().arm(*this, loop_.now_ms() + base::to_ms(ttl_));
}

// Whoever calls may be a hook that has just ended: what follows comes from the loop's own stack.
void Resumer::hook_ended() {
  const State state = life_.state();
  if ((state != State::resuming && state != State::expiring) || !host_.hooks_are_free()) return;
  host_.later([this] { go_on(); });
}

void Resumer::go_on() {
  if (!host_.hooks_are_free()) return;
  if (life_.state() == State::expiring) return expire();
  if (life_.state() != State::resuming) return;
  auto successor = std::exchange(successor_, nullptr);
  // What came while it waited may have pushed out what its client has missed.
  if (!host_.can_resume(*successor)) {
    host_.begin_anew(std::move(*successor));
    return expire();
  }
  loop_.wheel().cancel(*this);
  place_ = {};
  host_.go_on_with(std::move(*successor));
}

void Resumer::expire() {
  life_.on(Event::expire);
  if (life_.state() != State::expiring) return;
  host_.release_stream();
  if (!host_.hooks_are_free()) return;  // the last hook comes here again
  host_.reserve_end();
  if (life_.on(Event::hooks_free) == Action::wind_up) host_.wind_up();
}

std::chrono::milliseconds Resumer::end_wait() {
  end();
  const std::uint64_t now_ms = loop_.now_ms();
  return std::chrono::milliseconds(until_ms_ > now_ms ? until_ms_ - now_ms : 0);
}

std::unique_ptr<Resumption> Resumer::end() {
  loop_.wheel().cancel(*this);
  place_ = {};
  return std::exchange(successor_, nullptr);
}

}  // namespace microframe::ws
