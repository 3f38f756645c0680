// Random: the numbers of one seed. SplitMix64 (Steele, Lea and Flood, 2014), written out, for the
// standard's distributions differ between libraries and a seed must mean the same run everywhere.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace microframe::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  }
  // Below `bound`, which is not 0.
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>((next() >> 32) * bound >> 32);
  }
  bool percent(unsigned chance) { return below(100) < chance; }
  template <class Range>
  auto& pick(Range& range) {
    return range[below(std::size(range))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace microframe::simulation
