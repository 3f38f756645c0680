// Scene: what everybody in one simulated cluster shares.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/memory_bus.hpp"
#include "simulation/nodes/agenda.hpp"
#include "simulation/nodes/annals.hpp"
#include "simulation/nodes/chronicle.hpp"
#include "simulation/nodes/online_book.hpp"
#include "simulation/random.hpp"
#include "simulation/trace.hpp"

namespace microframe::simulation::nodes {

struct Scene {
  Scene(std::uint64_t seed, bool traced)
      : random(seed), trace_(traced), bus(seed), chronicle(bus) {}

  // `line()` makes the text, and is called only where somebody reads it.
  template <class Line>
  void trace(Line&& line) const {
    trace_([&] { return std::to_string(agenda.now_ms()) + " " + line(); });
  }

  Random random;
  const Trace trace_;
  Agenda agenda;
  cluster::MemoryBus bus;
  Chronicle chronicle;
  Annals annals;
  OnlineBook online;
  // Of nodes that were struck from a roll, the names that nobody has been told of yet.
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> struck;
  // Reads what endpoints write to each other.
  std::function<void(std::string_view bytes)> read_letter;
  std::uint64_t turn = 0;       // so much has happened
  std::uint64_t slow_ms = 250;  // what is under way takes at most, where it is slow
  bool is_calm = false;         // nothing goes wrong
};

}  // namespace microframe::simulation::nodes
