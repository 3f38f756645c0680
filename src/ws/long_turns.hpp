// LongTurns: whether a connection has had a long turn in this iteration of its loop. Another that is
// known for long ones then waits for the next. Threading: its loop.
#pragma once

#include <cstdint>

namespace microframe::ws {

class LongTurns {
 public:
  // iteration: as the loop numbers them.
  void note(std::uint64_t iteration) { latest_ = iteration; }
  bool had_one(std::uint64_t iteration) const { return latest_ == iteration; }

 private:
  std::uint64_t latest_ = 0;
};

}  // namespace microframe::ws
