// WorkBudget: how much work the connections of one user may make on one loop, in bytes: of messages
// once they are inflated, and of what they had sent. Past the burst it is paid off by time. No clock.
// Threading: its loop.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace microframe::ws {

class WorkBudget {
 public:
  struct Rule {
    double bytes_per_second;  // 0: no limit
    double bytes_burst;
  };

  explicit WorkBudget(std::uint64_t now_ms) : paid_ms_(now_ms) {}

  void spend(std::size_t bytes, const Rule& rule, std::uint64_t now_ms) {
    pay(rule, now_ms);
    if (rule.bytes_per_second > 0) debt_ += static_cast<double>(bytes);
  }
  // returns: milliseconds until the debt is within the burst; 0: it is.
  std::uint64_t wait_ms(const Rule& rule, std::uint64_t now_ms) {
    pay(rule, now_ms);
    const double above = debt_ - rule.bytes_burst;
    if (above <= 0) return 0;
    return static_cast<std::uint64_t>(std::ceil(above * 1000 / rule.bytes_per_second));
  }
  bool is_paid(const Rule& rule, std::uint64_t now_ms) {
    pay(rule, now_ms);
    return debt_ <= 0;
  }

 private:
  void pay(const Rule& rule, std::uint64_t now_ms) {
    if (now_ms <= paid_ms_) return;
    const auto passed_ms = static_cast<double>(now_ms - std::exchange(paid_ms_, now_ms));
    debt_ = std::max(0.0, debt_ - rule.bytes_per_second * passed_ms / 1000);
  }

  double debt_ = 0;  // bytes that were not paid off yet
  std::uint64_t paid_ms_;
};

// The budgets of one loop, by user. One that is paid off, and that no connection holds, is forgotten:
// whoever comes back finds its debt.
class WorkBudgets {
 public:
  // errors: std::bad_alloc; then nothing has changed.
  std::shared_ptr<WorkBudget> of(const std::string& user, const WorkBudget::Rule& rule,
                                 std::uint64_t now_ms) {
    constexpr std::size_t kFew = 1024;
    if (budgets_.size() >= std::max(look_through_at_, kFew)) forget(rule, now_ms);
    auto& budget = budgets_[user];
    if (!budget) budget = std::make_shared<WorkBudget>(now_ms);
    return budget;
  }
  std::size_t size() const { return budgets_.size(); }

 private:
  void forget(const WorkBudget::Rule& rule, std::uint64_t now_ms) {
    std::erase_if(budgets_, [&](const auto& entry) {
      const auto& budget = entry.second;
      return !budget || (budget.use_count() == 1 && budget->is_paid(rule, now_ms));
    });
    look_through_at_ = 2 * budgets_.size();
  }

  std::unordered_map<std::string, std::shared_ptr<WorkBudget>> budgets_;
  std::size_t look_through_at_ = 0;
};

}  // namespace microframe::ws
