// MemoryBus: what the MemoryBrokers of one process share, in place of a Redis: who is subscribed, logs,
// notes and rolls. Threading: any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "cluster/memory_log.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class MemoryBus {
 public:
  using Broker = hub::Broker;

  // One broker on the bus. Told under the bus's lock, so in the order in which things happen; must not
  // call back.
  class Line {
   public:
    virtual void message(const std::string& topic, const std::string& bytes) = 0;
    virtual void entry(const std::string& log, std::uint64_t epoch, const Broker::Entry& entry) = 0;

   protected:
    ~Line() = default;
  };

  // seed: of the tags.
  explicit MemoryBus(std::uint64_t seed = 1) : tags_(seed) {}

  void subscribe(const std::string& topic, Line& line);
  void unsubscribe(const std::string& topic, Line& line);
  void follow(const std::string& log, Line& line);
  void unfollow(const std::string& log, Line& line);
  // Whatever the line has subscribed and follows.
  void leave(Line& line);

  void publish(const std::string& topic, const std::string& bytes);
  Broker::Appended append(const Broker::Append& what, std::uint64_t now_ms);
  Broker::Page read(const std::string& log, std::uint64_t from, std::size_t limit,
                    std::uint64_t now_ms);
  std::vector<Broker::Position> positions(const std::vector<std::string>& logs);
  Broker::Position renew(const std::string& log, std::uint64_t epoch);

  bool put(const std::string& name, std::string bytes, std::chrono::milliseconds for_time,
           bool if_absent, std::uint64_t now_ms);
  std::vector<std::optional<std::string>> get(const std::vector<std::string>& names,
                                              std::uint64_t now_ms);
  std::optional<std::string> take(const std::string& name, std::uint64_t now_ms);

  bool enter(const std::string& roll, const std::string& name, const std::string& node);
  bool leave(const std::string& roll, const std::string& name, const std::string& node);
  std::vector<std::string> strike(const std::string& roll, const std::string& node);

  // --- Faults, for tests.
  // All that is kept is lost (FLUSHALL).
  void forget();
  void forget(const std::string& log);
  // The log lacks its last entries, under the same epoch: a replica was promoted that did not have
  // them.
  void roll_back(const std::string& log, std::size_t count);

 private:
  using Lines = std::map<std::string, std::set<Line*>, std::less<>>;
  struct Note {
    std::string bytes;
    std::uint64_t until_ms;
  };
  using Roll = std::map<std::string, std::set<std::string>>;  // names with their nodes

  const Note* find_note(const std::string& name, std::uint64_t now_ms) MICROFRAME_REQUIRES(mutex_);

  base::Mutex mutex_;
  Lines subscribers_ MICROFRAME_GUARDED_BY(mutex_);
  Lines followers_ MICROFRAME_GUARDED_BY(mutex_);
  std::map<std::string, MemoryLog> logs_ MICROFRAME_GUARDED_BY(mutex_);
  std::map<std::string, Note> notes_ MICROFRAME_GUARDED_BY(mutex_);
  std::map<std::string, Roll> rolls_ MICROFRAME_GUARDED_BY(mutex_);
  std::uint64_t epochs_ MICROFRAME_GUARDED_BY(mutex_) = 0;  // so many have been given
  std::uint64_t tags_ MICROFRAME_GUARDED_BY(mutex_);
};

}  // namespace microframe::cluster
