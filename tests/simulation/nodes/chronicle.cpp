#include "simulation/nodes/chronicle.hpp"

#include <algorithm>

#include "cluster/names.hpp"
#include "cluster/parcel_codec.hpp"
#include "simulation/nodes/frames.hpp"
#include "simulation/nodes/rooms.hpp"
#include "simulation/trace.hpp"

namespace microframe::simulation::nodes {
namespace {

constexpr std::size_t kAll = 1000;

std::uint64_t number_in(const hub::Broker::Entry& entry) {
  return to_number(cluster::read_entry(entry.bytes)->content);
}

}  // namespace

Chronicle::Chronicle(cluster::MemoryBus& bus) : bus_(bus) {
  for (const std::string& room : rooms())
    if (keeps_history(room)) bus_.follow(cluster::room_log(kEndpoint, room), *this);
}

void Chronicle::note(std::uint64_t epoch, std::uint64_t offset, std::uint64_t number) {
  auto& numbers = places_[{epoch, offset}];
  if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) numbers.push_back(number);
}

void Chronicle::entry(const std::string& log, std::uint64_t epoch,
                      const hub::Broker::Entry& entry) {
  const std::uint64_t number = number_in(entry);
  note(epoch, entry.offset, number);
  lost_.erase(number);
  // Told later, because a broker that ends may be appending still.
  if (!logs_[log].offsets.emplace(number, entry.offset).second) twice_ = number;
}

void Chronicle::check() const {
  require(twice_ == 0, [&] { return "message " + std::to_string(twice_) + " is appended twice"; });
}

void Chronicle::read(const std::string& log, std::uint64_t now_ms) {
  const auto page = bus_.read(log, 0, kAll, now_ms);
  auto& offsets = logs_[log].offsets;
  for (auto& [number, offset] : offsets) offset = 0;  // what the log keeps no more it has not lost
  for (const auto& entry : page.entries) {
    const std::uint64_t number = number_in(entry);
    note(page.epoch, entry.offset, number);
    offsets[number] = entry.offset;
  }
}

void Chronicle::rolled_back(const std::string& log, std::uint64_t now_ms) {
  const auto page = bus_.read(log, 0, kAll, now_ms);
  Log& told = logs_[log];
  const std::size_t lost = std::erase_if(told.offsets, [&](const auto& one) {
    const bool is_lost = page.epoch == 0 || one.second > page.last;
    if (is_lost) lost_[one.first] = one.second;
    return is_lost;
  });
  if (lost != 0) told.forked_epoch = page.epoch;
}

bool Chronicle::is_traceless(const std::string& log, std::uint64_t number,
                             std::uint64_t now_ms) const {
  const auto lost = lost_.find(number);
  if (lost == lost_.end()) return false;
  const auto page = bus_.read(log, 0, kAll, now_ms);
  return page.entries.empty() || page.entries.front().offset > lost->second;
}

bool Chronicle::may_be_forked(std::string_view log) const {
  const auto found = logs_.find(log);
  if (found == logs_.end() || found->second.forked_epoch == 0) return false;
  return bus_.positions({std::string(log)}).front().epoch == found->second.forked_epoch;
}

const std::vector<std::uint64_t>& Chronicle::at(std::uint64_t epoch, std::uint64_t offset) const {
  static const std::vector<std::uint64_t> kNone;
  const auto found = places_.find({epoch, offset});
  return found == places_.end() ? kNone : found->second;
}

bool Chronicle::has_stood_at(std::uint64_t number, std::uint64_t epoch,
                             std::uint64_t offset) const {
  const auto& numbers = at(epoch, offset);
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

std::map<std::uint64_t, std::uint64_t> Chronicle::content(const std::string& log,
                                                          std::uint64_t now_ms) {
  std::map<std::uint64_t, std::uint64_t> result;
  for (const auto& entry : bus_.read(log, 0, kAll, now_ms).entries)
    result.emplace(entry.offset, number_in(entry));
  return result;
}

hub::Broker::Position Chronicle::position(const std::string& log) {
  return bus_.positions({log}).front();
}

}  // namespace microframe::simulation::nodes
