// Chronicle: what the logs of the simulated cluster have held, at which offset, whatever has become of
// it: what the views of clients are measured by. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/memory_bus.hpp"

namespace microframe::simulation::nodes {

class Chronicle final : private cluster::MemoryBus::Line {
 public:
  // bus: outlives it.
  explicit Chronicle(cluster::MemoryBus& bus);

  // errors: Violation, if a log has had a message twice.
  void check() const;
  // The log was numbered anew, and is read.
  void read(const std::string& log, std::uint64_t now_ms);
  // The log has lost its last entries, or all: what was lost may be appended again.
  void rolled_back(const std::string& log, std::uint64_t now_ms);
  // Whether the log has lost the message since it was appended last.
  bool was_lost(std::uint64_t number) const { return lost_.count(number) != 0; }
  // Whether the log has lost the message, and keeps nothing any more of what stands in its place: a node
  // that had it, and looks only now, cannot know.
  bool is_traceless(const std::string& log, std::uint64_t number, std::uint64_t now_ms) const;
  // Whether the log has lost entries, and goes on under the epoch that it had.
  bool may_be_forked(std::string_view log) const;

  // The numbers that have stood there; more than one where the log has forked.
  const std::vector<std::uint64_t>& at(std::uint64_t epoch, std::uint64_t offset) const;
  bool has_stood_at(std::uint64_t number, std::uint64_t epoch, std::uint64_t offset) const;
  // What the log has now, by offset.
  std::map<std::uint64_t, std::uint64_t> content(const std::string& log, std::uint64_t now_ms);
  hub::Broker::Position position(const std::string& log);

 private:
  struct Log {
    std::map<std::uint64_t, std::uint64_t> offsets;  // of what was appended, and is not lost
    std::uint64_t forked_epoch = 0;                  // in which it has lost entries
  };

  // cluster::MemoryBus::Line
  void message(const std::string&, const std::string&) override {}
  void entry(const std::string& log, std::uint64_t epoch, const hub::Broker::Entry& entry) override;

  void note(std::uint64_t epoch, std::uint64_t offset, std::uint64_t number);

  cluster::MemoryBus& bus_;
  std::map<std::string, Log, std::less<>> logs_;
  std::map<std::uint64_t, std::uint64_t> lost_;  // numbers, with the offsets where they stood
  std::uint64_t twice_ = 0;                      // a message that was appended twice; 0: none
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::uint64_t>> places_;
};

}  // namespace microframe::simulation::nodes
