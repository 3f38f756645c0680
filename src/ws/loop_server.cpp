#include "ws/loop_server.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "ws/http_connection.hpp"
#include "ws/proxy_session.hpp"

namespace microframe::ws {
namespace {

constexpr std::uint64_t kDrainStepMs = 100;
// A small server needs no pace.
constexpr std::size_t kDrainBatchMin = 50;

}  // namespace

void LoopServer::listen(net::ListenSocket socket, guard::Door door) {
  const bool keeps_messages =
      context_.index == 0 && listeners_.empty() && context_.settings.rooms.any_history();
  if (keeps_messages) sweeper_.begin();
  listeners_.push_back(std::make_unique<net::Listener>(
      context_.loop, std::move(socket),
      [this, door](int fd, const net::PeerAddress& peer) {
        door == guard::Door::admin ? accept_for_admin(fd, peer) : accept(fd, peer);
      },
      [this] {
        context_.counts.rejections.add(guard::Rejection::out_of_descriptors, "",
                                       "a connection waits in the kernel");
      }));
}

// Whatever has taken the descriptor over closes it where there is no memory to go on.
void LoopServer::accept(int fd, const net::PeerAddress& peer) try {
  net::Descriptor owned(fd);
  auto [verdict, ticket] = context_.registries.admission.admit(context_.loop.now_ms());
  ProxySession::take_in(context_, {std::move(owned), peer, verdict, std::move(ticket)});
} catch (const std::bad_alloc&) {
}

// Takes no place: a server that is full must be seen to be.
void LoopServer::accept_for_admin(int fd, const net::PeerAddress& peer) try {
  net::Descriptor owned(fd);
  HttpConnection::begin(
      context_,
      {std::move(owned), peer, guard::Admission::Verdict::admitted, {}, guard::Door::admin});
} catch (const std::bad_alloc&) {
}

void LoopServer::drain(std::function<void()> done) {
  Roster& roster = context_.roster;
  listeners_.clear();
  for (const auto kind : {Resident::Kind::proxy, Resident::Kind::http}) {
    roster.visit(kind, [](Resident& one) {
      one.shut_down();
      return true;
    });
  }
  const auto drain_ms = base::to_ms(context_.limits().drain_time);
  drain_ends_ms_ = context_.loop.now_ms() + drain_ms;
  // The last batch leaves time for its closing handshakes.
  last_batch_ms_ = context_.loop.now_ms() + drain_ms * 3 / 4;
  roster.when_empty(std::move(done));
  if (roster.is_closing()) drain_batch();
}

// Closes some, and comes back for the next, or at the end of the drain. Needs no memory.
void LoopServer::drain_batch() {
  Roster& roster = context_.roster;
  const std::uint64_t now_ms = context_.loop.now_ms();
  const std::uint64_t time_ms = last_batch_ms_ > now_ms ? last_batch_ms_ - now_ms : 0;
  // As many as are due, should the batches so far have come late.
  const std::size_t batches = time_ms / (kDrainStepMs + base::TimerWheel::kTickMs) + 1;
  const std::size_t devices = roster.count(Resident::Kind::device);
  std::size_t left = std::max(kDrainBatchMin, devices / batches + 1);
  roster.visit(Resident::Kind::device, [&](Resident& one) {
    if (one.shut_down()) --left;
    return left != 0;
  });
  if (!roster.is_closing()) return;  // all are gone
  const std::uint64_t next_ms = left == 0 ? now_ms + kDrainStepMs : drain_ends_ms_;
  context_.loop.wheel().arm(*this, std::min(next_ms, drain_ends_ms_));
}

void LoopServer::on_deadline(std::uint64_t now_ms) {
  if (!context_.roster.is_closing()) return;
  if (now_ms < drain_ends_ms_) {
    drain_batch();
  } else {
    drop_all();
  }
}

// Where memory runs out, the rest is dropped later.
void LoopServer::drop_all() {
  for (const auto kind : {Resident::Kind::http, Resident::Kind::device}) {
    context_.roster.visit(kind, [this](Resident& one) {
      context_.roster.run(one, [&] { one.drop(); });
      return true;
    });
  }
}

}  // namespace microframe::ws
