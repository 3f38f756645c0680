#include "cluster/known_calls.hpp"

#include <utility>

#include "cluster/names.hpp"

namespace microframe::cluster {

void KnownCalls::call(const std::vector<std::string>& nodes, std::function<void()> told) {
  if (nodes.empty()) return told();
  const std::uint64_t number = ++number_;
  calls_.emplace(number, Call{{nodes.begin(), nodes.end()}, std::move(told)});
  outgoing_.publish(std::string(kClusterTopic), ItemKind::ask_known, write_number(number));
  turns_.after(kPatience, [this, number] { end(number); });
}

void KnownCalls::known(std::string_view node, std::uint64_t number) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;
  auto& left = found->second.left;
  if (const auto one = left.find(node); one != left.end()) left.erase(one);
  end_if_done(number);
}

void KnownCalls::forget(std::string_view node) {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(calls_.size());
  for (const auto& [number, call] : calls_) numbers.push_back(number);
  for (const std::uint64_t number : numbers) known(node, number);
}

void KnownCalls::end_if_done(std::uint64_t number) {
  if (calls_.at(number).left.empty()) end(number);
}

void KnownCalls::end(std::uint64_t number) {
  const auto call = calls_.extract(number);
  if (!call.empty()) call.mapped().told();
}

}  // namespace microframe::cluster
