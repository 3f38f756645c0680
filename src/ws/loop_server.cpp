#include "ws/loop_server.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <new>

#include "base/to_ms.hpp"
#include "ws/http_session.hpp"
#include "ws/proxy_session.hpp"
#include "ws/resumption.hpp"
#include "ws/server_connection.hpp"
#include "ws/site.hpp"

namespace microframe::ws {
namespace {

// Of those past a limit of connections, so many requests at a time are read and answered; further
// ones are dropped.
constexpr std::size_t kAnswersMax = 256;

constexpr std::uint64_t kDrainStepMs = 100;
constexpr std::chrono::seconds kSweepEvery{5};
// A small server needs no pace.
constexpr std::size_t kDrainBatchMin = 50;

// Takes an element out of a roster in which each element knows its place; the last one takes the
// free place.
template <class Holder>
Holder take(std::vector<Holder>& roster, std::size_t index) {
  std::swap(roster[index], roster.back());
  Holder taken = std::move(roster.back());
  roster.pop_back();
  return taken;
}

}  // namespace

LoopServer::LoopServer(net::Loop& loop, std::size_t index, Site& site)
    : loop_(loop),
      index_(index),
      site_(site),
      deflate_(site.compression, site.compression_counts) {}
LoopServer::~LoopServer() = default;

void LoopServer::listen(net::ListenSocket socket) {
  const bool keeps_messages = index_ == 0 && listeners_.empty() && site_.rooms.any_history();
  if (keeps_messages) loop_.post([this] { sweep(); });
  listeners_.push_back(std::make_unique<net::Listener>(
      loop_, std::move(socket), [this](int fd, const net::PeerAddress& peer) { accept(fd, peer); },
      [this] {
        site_.reject(guard::Rejection::out_of_descriptors, "", "a connection waits in the kernel");
      }));
}

// Now and then, on one loop: rooms let go of what they have kept too long.
void LoopServer::sweep() {
  for (const auto& endpoint : site_.endpoints) endpoint->hub().expire();
  loop_.after(kSweepEvery, [this] {
    if (!drained_) sweep();
  });
}

void LoopServer::run(std::function<void()> task) {
  if (is_current()) {
    task();
  } else {
    post(std::move(task));
  }
}

void LoopServer::accept(int fd, const net::PeerAddress& peer) {
  take_in([&] {
    net::Descriptor owned(fd);
    auto [verdict, ticket] = site_.admission.admit(loop_.now_ms());
    guard::Arrival arrival{std::move(owned), peer, verdict, std::move(ticket)};
    if (!site_.proxies.expects_header()) return identify(std::move(arrival));
    if (!site_.proxies.trusts(peer)) {
      arrival.verdict = guard::Admission::Verdict::no_proxy;
      return begin(std::move(arrival));
    }
    proxy_sessions_.push_back(std::make_unique<ProxySession>(*this, std::move(arrival)));
    proxy_sessions_.back()->roster_index_ = proxy_sessions_.size() - 1;
  });
}

// Whatever has taken a connection over closes it where there is no memory to go on.
template <class Action>
void LoopServer::take_in(Action&& action) {
  try {
    action();
  } catch (const std::bad_alloc&) {
  }
}

// What counts for an address waits until it is the client's.
void LoopServer::identify(guard::Arrival arrival) {
  take_in([&] {
    const bool admitted = arrival.verdict == guard::Admission::Verdict::admitted;
    if (admitted && !site_.proxies.forwards(arrival.peer))
      arrival.verdict = site_.admission.count_for(guard::counted_as(arrival.peer), arrival.ticket);
    begin(std::move(arrival));
  });
}

void LoopServer::begin(guard::Arrival arrival) {
  const bool admitted = arrival.verdict == guard::Admission::Verdict::admitted;
  if (!admitted) arrival.ticket = {};
  // Telling each of a flood why would cost what the limit is to save; so would a TLS handshake of
  // each.
  const bool costs_too_much = site_.tls && arrival.verdict == guard::Admission::Verdict::too_fast;
  if (!admitted && (costs_too_much || sessions_.size() >= kAnswersMax)) {
    site_.reject(guard::refusal_of(arrival.verdict).why, net::to_string(arrival.peer),
                 "unanswered");
    return;
  }
  sessions_.push_back(std::make_unique<HttpSession>(*this, std::move(arrival)));
  sessions_.back()->roster_index_ = sessions_.size() - 1;
}

void LoopServer::adopt(base::Ref<ServerConnection> connection) {
  connection->roster_index_ = connections_.size();
  connections_.push_back(std::move(connection));
}

void LoopServer::open(Resumption resumption) {
  if (drained_) return;
  const base::Ref<ServerConnection> connection(
      new ServerConnection(*this, std::move(resumption.opening)));
  adopt(connection);
  connection->open(std::move(resumption));
}

void LoopServer::forget(ServerConnection& connection) {
  const std::size_t index = connection.roster_index_;
  assert(connections_[index].get() == &connection);
  const auto gone = take(connections_, index);
  if (index < connections_.size()) connections_[index]->roster_index_ = index;
  tell_if_empty();
}

void LoopServer::forget(HttpSession& session) {
  const std::size_t index = session.roster_index_;
  assert(sessions_[index].get() == &session);
  const auto gone = take(sessions_, index);
  if (index < sessions_.size()) sessions_[index]->roster_index_ = index;
  tell_if_empty();
}

void LoopServer::forget(ProxySession& session) {
  const std::size_t index = session.roster_index_;
  assert(proxy_sessions_[index].get() == &session);
  const auto gone = take(proxy_sessions_, index);
  if (index < proxy_sessions_.size()) proxy_sessions_[index]->roster_index_ = index;
}

void LoopServer::drain(std::function<void()> done) {
  drained_ = std::move(done);
  listeners_.clear();
  proxy_sessions_.clear();
  sessions_.clear();
  const auto drain_ms = base::to_ms(site_.limits.drain_time);
  drain_ends_ms_ = loop_.now_ms() + drain_ms;
  // The last batch leaves time for its closing handshakes.
  last_batch_ms_ = loop_.now_ms() + drain_ms * 3 / 4;
  drain_batch();
  tell_if_empty();
}

// Closes some, and comes back for the next, or at the end of the drain. Needs no memory.
void LoopServer::drain_batch() {
  const std::uint64_t now_ms = loop_.now_ms();
  const std::uint64_t time_ms = last_batch_ms_ > now_ms ? last_batch_ms_ - now_ms : 0;
  // As many as are due, should the batches so far have come late.
  const std::size_t batches = time_ms / (kDrainStepMs + base::TimerWheel::kTickMs) + 1;
  std::size_t left = std::max(kDrainBatchMin, connections_.size() / batches + 1);
  // Backwards: one that ends at once changes the roster, but for those still to come.
  for (std::size_t i = connections_.size(); i-- > 0 && left != 0;) {
    if (i >= connections_.size()) continue;
    const bool is_open = connections_[i]->is_open();
    connections_[i]->shut_down();
    if (is_open) --left;
  }
  const std::uint64_t next_ms = left == 0 ? now_ms + kDrainStepMs : drain_ends_ms_;
  loop_.wheel().arm(*this, std::min(next_ms, drain_ends_ms_));
}

void LoopServer::drop_all() {
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->try_drop();
  }
}

void LoopServer::on_deadline(std::uint64_t now_ms) {
  if (now_ms < drain_ends_ms_) {
    drain_batch();
  } else {
    drop_all();
  }
  tell_if_empty();
}

// Needs no memory in the end: what is forgotten must not come to life again.
void LoopServer::tell_if_empty() {
  if (!drained_ || !connections_.empty() || !sessions_.empty()) return;
  try {
    // What was forgotten is still on the stack.
    loop_.post(drained_);
    drained_ = {};
    loop_.wheel().cancel(*this);
  } catch (const std::bad_alloc&) {
    loop_.wheel().arm(*this, loop_.now_ms());
  }
}

}  // namespace microframe::ws
