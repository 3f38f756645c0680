#include "ws/intake.hpp"

#include <algorithm>
#include <cmath>

namespace microframe::ws {

std::uint64_t Intake::wait_ms(const Budget& budget, std::uint64_t now_ms) {
  if (budget.bytes_per_second <= 0) debt_ = 0;
  if (static_cast<double>(debt_) <= budget.bytes_burst) return 0;
  const auto passed_ms = static_cast<std::uint32_t>(now_ms) - paid_ms_;
  paid_ms_ = static_cast<std::uint32_t>(now_ms);
  const double paid =
      std::min(budget.bytes_per_second * passed_ms / 1000, static_cast<double>(debt_));
  debt_ -= static_cast<std::uint64_t>(paid);
  const double above = static_cast<double>(debt_) - budget.bytes_burst;
  if (above <= 0) return 0;
  return static_cast<std::uint64_t>(std::ceil(above * 1000 / budget.bytes_per_second));
}

}  // namespace microframe::ws
