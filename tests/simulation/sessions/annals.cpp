#include "simulation/sessions/annals.hpp"

#include <utility>

#include "simulation/trace.hpp"

namespace microframe::simulation::sessions {

unsigned Annals::begin(Entry entry) {
  entries_.push_back(std::move(entry));
  return static_cast<unsigned>(entries_.size() - 1);
}

void Annals::place(unsigned number, const std::string& epoch, std::uint64_t offset) {
  auto& numbers = epochs_[epoch];
  require(offset == numbers.size() + 1,
          [&] { return "offset " + std::to_string(offset) + " does not follow in " + epoch; });
  numbers.push_back(number);
  entries_[number].epoch = epoch;
  entries_[number].offset = offset;
}

const Annals::Entry& Annals::of(std::uint64_t number) const {
  require(number < entries_.size(),
          [&] { return "nobody said message " + std::to_string(number); });
  return entries_[number];
}

const Annals::Entry& Annals::at(const std::string& epoch, std::uint64_t offset) const {
  const auto found = epochs_.find(epoch);
  require(found != epochs_.end() && offset != 0 && offset <= found->second.size(),
          [&] { return "nothing stands at " + std::to_string(offset) + " in " + epoch; });
  return entries_[found->second[offset - 1]];
}

std::uint64_t Annals::last_offset(const std::string& epoch) const {
  const auto found = epochs_.find(epoch);
  return found == epochs_.end() ? 0 : found->second.size();
}

}  // namespace microframe::simulation::sessions
