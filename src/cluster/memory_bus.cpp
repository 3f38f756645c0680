#include "cluster/memory_bus.hpp"

#include <utility>

#include "base/to_ms.hpp"

namespace microframe::cluster {
namespace {

using base::Lock;

// SplitMix64 (Steele, Lea and Flood, 2014).
std::uint64_t next_tag(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

template <class Lines, class Line>
void take_out(Lines& lines, const std::string& name, Line& line) {
  const auto found = lines.find(name);
  if (found == lines.end()) return;
  found->second.erase(&line);
  if (found->second.empty()) lines.erase(found);
}

}  // namespace

void MemoryBus::subscribe(const std::string& topic, Line& line) {
  const Lock lock(mutex_);
  subscribers_[topic].insert(&line);
}

void MemoryBus::unsubscribe(const std::string& topic, Line& line) {
  const Lock lock(mutex_);
  take_out(subscribers_, topic, line);
}

void MemoryBus::follow(const std::string& log, Line& line) {
  const Lock lock(mutex_);
  followers_[log].insert(&line);
}

void MemoryBus::unfollow(const std::string& log, Line& line) {
  const Lock lock(mutex_);
  take_out(followers_, log, line);
}

void MemoryBus::leave(Line& line) {
  const Lock lock(mutex_);
  for (Lines* lines : {&subscribers_, &followers_}) {
    for (auto& [name, some] : *lines) some.erase(&line);
    std::erase_if(*lines, [](const auto& one) { return one.second.empty(); });
  }
}

void MemoryBus::publish(const std::string& topic, const std::string& bytes) {
  const Lock lock(mutex_);
  const auto found = subscribers_.find(topic);
  if (found == subscribers_.end()) return;
  for (Line* line : found->second) line->message(topic, bytes);
}

hub::Broker::Appended MemoryBus::append(const Broker::Append& what, std::uint64_t now_ms) {
  const Lock lock(mutex_);
  auto log = logs_.find(what.log);
  if (log == logs_.end()) log = logs_.emplace(what.log, MemoryLog(++epochs_)).first;
  const MemoryLog::Outcome outcome = log->second.append(what, next_tag(tags_), now_ms);
  const auto found = followers_.find(what.log);
  if (!outcome.appended.repeated && found != followers_.end())
    for (Line* line : found->second)
      line->entry(what.log, outcome.appended.position.epoch, outcome.entry);
  return outcome.appended;
}

hub::Broker::Page MemoryBus::read(const std::string& log, std::uint64_t from, std::size_t limit,
                                  std::uint64_t now_ms) {
  const Lock lock(mutex_);
  const auto found = logs_.find(log);
  return found == logs_.end() ? Broker::Page{} : found->second.read(from, limit, now_ms);
}

std::vector<hub::Broker::Position> MemoryBus::positions(const std::vector<std::string>& logs) {
  const Lock lock(mutex_);
  std::vector<Broker::Position> result;
  for (const std::string& log : logs) {
    const auto found = logs_.find(log);
    result.push_back(found == logs_.end() ? Broker::Position{} : found->second.position());
  }
  return result;
}

hub::Broker::Position MemoryBus::renew(const std::string& log, std::uint64_t epoch) {
  const Lock lock(mutex_);
  auto found = logs_.find(log);
  if (found == logs_.end() && epoch != 0) return {};
  if (found == logs_.end()) found = logs_.emplace(log, MemoryLog(++epochs_)).first;
  if (found->second.position().epoch == epoch) found->second.renew(++epochs_);
  return found->second.position();
}

const MemoryBus::Note* MemoryBus::find_note(const std::string& name, std::uint64_t now_ms) {
  const auto found = notes_.find(name);
  if (found == notes_.end()) return nullptr;
  if (found->second.until_ms > now_ms) return &found->second;
  notes_.erase(found);
  return nullptr;
}

bool MemoryBus::put(const std::string& name, std::string bytes, std::chrono::milliseconds for_time,
                    bool if_absent, std::uint64_t now_ms) {
  const Lock lock(mutex_);
  if (if_absent && find_note(name, now_ms)) return false;
  notes_[name] = {std::move(bytes), now_ms + base::to_ms(for_time)};
  return true;
}

std::vector<std::optional<std::string>> MemoryBus::get(const std::vector<std::string>& names,
                                                       std::uint64_t now_ms) {
  const Lock lock(mutex_);
  std::vector<std::optional<std::string>> result;
  for (const std::string& name : names) {
    const Note* note = find_note(name, now_ms);
    result.push_back(note ? std::optional(note->bytes) : std::nullopt);
  }
  return result;
}

std::optional<std::string> MemoryBus::take(const std::string& name, std::uint64_t now_ms) {
  const Lock lock(mutex_);
  if (!find_note(name, now_ms)) return std::nullopt;
  return std::move(notes_.extract(name).mapped().bytes);
}

bool MemoryBus::enter(const std::string& roll, const std::string& name, const std::string& node) {
  const Lock lock(mutex_);
  std::set<std::string>& nodes = rolls_[roll][name];
  const bool first = nodes.empty();
  nodes.insert(node);
  return first;
}

bool MemoryBus::leave(const std::string& roll, const std::string& name, const std::string& node) {
  const Lock lock(mutex_);
  Roll& names = rolls_[roll];
  const auto found = names.find(name);
  if (found == names.end() || found->second.erase(node) == 0) return false;
  if (!found->second.empty()) return false;
  names.erase(found);
  return true;
}

std::vector<std::string> MemoryBus::strike(const std::string& roll, const std::string& node) {
  const Lock lock(mutex_);
  std::vector<std::string> gone;
  Roll& names = rolls_[roll];
  for (auto& [name, nodes] : names)
    if (nodes.erase(node) != 0 && nodes.empty()) gone.push_back(name);
  for (const std::string& name : gone) names.erase(name);
  return gone;
}

void MemoryBus::forget() {
  const Lock lock(mutex_);
  logs_.clear();
  notes_.clear();
  rolls_.clear();
}

void MemoryBus::forget(const std::string& log) {
  const Lock lock(mutex_);
  logs_.erase(log);
}

void MemoryBus::roll_back(const std::string& log, std::size_t count) {
  const Lock lock(mutex_);
  const auto found = logs_.find(log);
  if (found != logs_.end()) found->second.roll_back(count);
}

}  // namespace microframe::cluster
