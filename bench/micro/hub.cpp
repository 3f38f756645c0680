// Delivery by the hub alone: from a broadcast to the call of each member's sink.

#include "hub/hub.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/fake_loop.hpp"

namespace {

using namespace microframe;

// A sink that counts its frames.
class Counter final : public hub::Member {
 public:
  using Member::Member;
  void deliver(const base::Frame& frame) override { bytes_ += frame.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

// A hub with `count` members, all in the room "lobby", who are on one loop.
class Crowd {
 public:
  explicit Crowd(std::size_t count) : hub_({&loop_}, {}) {
    loop_.on([&] {
      for (std::size_t i = 0; i < count; ++i) {
        members_.emplace_back(new Counter("user" + std::to_string(i), 0));
        hub_.add(*members_.back());
        hub_.join(*members_.back(), "lobby");
      }
    });
  }
  ~Crowd() {
    loop_.on([&] {
      for (const auto& member : members_) hub_.remove(*member);
    });
  }

  hub::Hub& hub() { return hub_; }
  test::FakeLoop& loop() { return loop_; }
  bool heard_all(std::size_t bytes) const {
    return std::all_of(members_.begin(), members_.end(),
                       [&](const auto& member) { return member->bytes() == bytes; });
  }
  Counter& first() { return *members_.front(); }

 private:
  test::FakeLoop loop_;
  hub::Hub hub_;
  std::vector<base::Ref<Counter>> members_;
};

constexpr std::size_t kBytes = 128;

base::Frame frame_of(std::size_t bytes) {
  return base::Frame(base::SharedBuffer::copy(base::as_bytes(std::string(bytes, 'x'))));
}

// Calls send(hub, frame) again and again. Deliveries are counted.
template <class Send>
void deliver(benchmark::State& state, Send&& send) {
  Crowd crowd(static_cast<std::size_t>(state.range(0)));
  crowd.loop().on([&] {
    for (auto _ : state) send(crowd, frame_of(kBytes));
  });
  if (!crowd.heard_all(kBytes * static_cast<std::size_t>(state.iterations())))
    state.SkipWithError("a delivery went missing");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void broadcast(benchmark::State& state) {
  deliver(state, [](Crowd& crowd, base::Frame frame) { crowd.hub().broadcast(frame, {}); });
}
BENCHMARK(broadcast)->RangeMultiplier(10)->Range(10, 10'000);

void room(benchmark::State& state) {
  deliver(state, [](Crowd& crowd, base::Frame frame) {
    crowd.hub().broadcast_to_room("lobby", std::move(frame), {});
  });
}
BENCHMARK(room)->RangeMultiplier(10)->Range(10, 10'000);

// To all devices but one, as most chats send on what that device has said.
void all_but_one(benchmark::State& state) {
  Crowd crowd(static_cast<std::size_t>(state.range(0)));
  hub::Exclusion exclusion;
  exclusion.device = base::Ref<hub::Member>(&crowd.first());
  const base::Frame frame = frame_of(kBytes);
  crowd.loop().on([&] {
    for (auto _ : state) crowd.hub().broadcast(frame, exclusion);
  });
  if (crowd.first().bytes() != 0) state.SkipWithError("who was left out was delivered to");
  state.SetItemsProcessed(state.iterations() * (state.range(0) - 1));
}
BENCHMARK(all_but_one)->Arg(1000);

// A member comes and goes in a hub with so many members.
void join_and_leave(benchmark::State& state) {
  Crowd crowd(static_cast<std::size_t>(state.range(0)));
  crowd.loop().on([&] {
    for (auto _ : state) {
      crowd.hub().leave(crowd.first(), "lobby");
      crowd.hub().join(crowd.first(), "lobby");
    }
  });
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(join_and_leave)->Arg(10)->Arg(10'000);

}  // namespace
