// Wire: one direction of a connection: what is put on it arrives in that order, each after a while, or
// is lost when the wire is cut. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "simulation/nodes/agenda.hpp"
#include "simulation/random.hpp"

namespace microframe::simulation::nodes {

class Wire {
 public:
  // All outlive it. slow_ms: how long it takes at most where it is slow.
  Wire(Agenda& agenda, Random& random, const std::uint64_t& slow_ms)
      : agenda_(agenda), random_(random), slow_ms_(slow_ms) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { cut(); }

  void put(Agenda::Task arrive) {
    last_ms_ = std::max(last_ms_, agenda_.now_ms() + delay_ms());
    agenda_.at(last_ms_, [cuts = cuts_, before = *cuts_, arrive = std::move(arrive)] {
      if (*cuts == before) arrive();
    });
  }
  void cut() {
    ++*cuts_;
    last_ms_ = 0;
  }

 private:
  std::uint64_t delay_ms() {
    const std::size_t kind = random_.below(20);
    if (kind < 14) return random_.below(2);
    return random_.below(kind < 19 ? 20 : slow_ms_);
  }

  Agenda& agenda_;
  Random& random_;
  const std::uint64_t& slow_ms_;
  const std::shared_ptr<unsigned> cuts_ = std::make_shared<unsigned>(0);  // so many so far
  std::uint64_t last_ms_ = 0;
};

}  // namespace microframe::simulation::nodes
