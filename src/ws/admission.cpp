#include "ws/admission.hpp"

namespace microframe::ws {

std::pair<Admission::Verdict, Admission::Ticket> Admission::admit(std::string address) {
  const std::lock_guard lock(mutex_);
  if (connections_max_ != 0 && connections_ >= connections_max_) return {Verdict::process_full, Ticket{}};
  if (per_address_max_ != 0) {
    std::size_t& count = by_address_[address];
    if (count >= per_address_max_) return {Verdict::address_full, Ticket{}};
    ++count;
  }
  ++connections_;
  return {Verdict::admitted, Ticket{this, std::move(address)}};
}

std::size_t Admission::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

void Admission::give_back(const std::string& address) {
  const std::lock_guard lock(mutex_);
  --connections_;
  if (per_address_max_ == 0) return;
  const auto entry = by_address_.find(address);
  if (--entry->second == 0) by_address_.erase(entry);
}

}  // namespace microframe::ws
