#include "chaos_cluster/judge.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace chaos_cluster {
namespace {

constexpr std::size_t kProblemsMax = 10;

std::string words(const Name& name) {
  return name.first + ":" + std::to_string(name.second);
}

class Judge {
 public:
  Judge(const Stored& stored, const std::vector<Record>& records) : stored_(stored) {
    for (const Record& record : records)
      acknowledged_.insert(record.acknowledged.begin(), record.acknowledged.end());
    for (const auto& [room, messages] : stored) hear_log(room, messages);
    for (const Record& record : records) hear(record);
  }

  Verdict take_verdict() { return std::move(verdict_); }

 private:
  // A message that was not acknowledged may be stored late: only the others have an order.
  void hear_log(const std::string& room, const std::vector<Name>& messages) {
    std::map<std::string, std::int64_t> last_of;  // by sender
    for (const Name& message : messages) {
      ++verdict_.stored;
      if (!in_redis_.insert(message).second)
        verdict_.blame(verdict_.repeated, words(message) + " is stored twice");
      if (!acknowledged_.contains(message)) continue;
      std::int64_t& last = last_of[message.first];
      if (message.second < last)
        verdict_.blame(verdict_.out_of_order,
                       words(message) + " is stored in " + room + " after " + std::to_string(last));
      last = std::max(last, message.second);
    }
  }

  void hear(const Record& record) {
    verdict_.sent += record.sent;
    verdict_.acknowledged += record.acknowledged.size();
    verdict_.unavailable += record.unavailable;
    verdict_.unknown += record.unknown;
    verdict_.resumed += record.resumed;
    verdict_.anew += record.anew;
    for (const Name& message : record.acknowledged) {
      if (!in_redis_.contains(message))
        verdict_.blame(verdict_.lost, words(message) + " was acknowledged, and is not stored");
    }
    for (const auto& [n, why] : record.refused)
      verdict_.blame(verdict_.lost, words({record.member, n}) + ": " + why);
    for (const auto& [room, messages] : stored_) {
      const auto found = record.rooms.find(room);
      static const std::vector<Event> none;
      hear_room(record.member + " in " + room, found == record.rooms.end() ? none : found->second,
                messages);
    }
  }

  void hear_room(const std::string& who, const std::vector<Event>& events,
                 const std::vector<Name>& messages) {
    std::optional<std::uint64_t> last;  // offset
    std::set<Name> heard;
    for (const Event& event : events) {
      if (!event.message) {
        const bool is_told = event.was_in && !event.recovered;
        verdict_.gaps_told += is_told;
        // What the room still has comes again behind a gap that is told.
        if (is_told) heard.clear();
        if (!event.recovered) last = event.offset;
        continue;
      }
      const std::string what = who + " heard " + words(*event.message) + " at " +
                               std::to_string(event.offset) + " after " +
                               (last ? std::to_string(*last) : "nothing");
      if (!heard.insert(*event.message).second) verdict_.blame(verdict_.repeated, what + ", again");
      if (!last || event.offset <= *last) {
        verdict_.blame(verdict_.out_of_order, what);
      } else if (event.offset != *last + 1) {
        verdict_.blame(verdict_.gaps_untold, what);
      }
      last = event.offset;
    }
    if (last.value_or(0) != messages.size())
      verdict_.blame(verdict_.gaps_untold, who + " heard up to " +
                                               std::to_string(last.value_or(0)) + " of " +
                                               std::to_string(messages.size()));
    // The last that it heard are the last that are stored.
    std::vector<Name> tail;
    for (auto event = events.rbegin(); event != events.rend() && event->message; ++event)
      tail.push_back(*event->message);
    const std::size_t count = std::min(tail.size(), messages.size());
    for (std::size_t i = 0; i < count; ++i) {
      const Name& stored = messages[messages.size() - 1 - i];
      if (tail[i] == stored) continue;
      verdict_.blame(verdict_.out_of_order,
                     who + " heard " + words(tail[i]) + " in place of " + words(stored));
      break;
    }
  }

  const Stored& stored_;
  std::set<Name> acknowledged_;
  std::set<Name> in_redis_;
  Verdict verdict_;
};

}  // namespace

void Verdict::blame(std::size_t& count, std::string what) {
  ++count;
  if (problems.size() < kProblemsMax) problems.push_back(std::move(what));
}

Verdict judge(const Stored& stored, const std::vector<Record>& records) {
  return Judge(stored, records).take_verdict();
}

}  // namespace chaos_cluster
