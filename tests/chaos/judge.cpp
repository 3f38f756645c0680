#include "chaos/judge.hpp"

#include <optional>
#include <set>

#include "microframe/json.hpp"

namespace chaos {
namespace {

constexpr std::size_t kProblemsMax = 10;

class Judge {
 public:
  explicit Judge(const Truth& truth) : truth_(truth) {}

  Verdict take_verdict() { return std::move(verdict_); }

  void hear_server() {
    std::size_t all = 0;
    for (const auto& [message, times] : truth_.handled) {
      all += static_cast<std::size_t>(times);
      verdict_.handled_once += times == 1;
      if (times > 1)
        blame(verdict_.repeated, message + " was handled " + std::to_string(times) + " times");
    }
    if (all != truth_.last_offset)
      blame(verdict_.gaps_untold, std::to_string(all) + " were handled, the room has " +
                                      std::to_string(truth_.last_offset));
  }
  void hear(const Record& record) {
    verdict_.sent += record.acknowledged.size() + record.unknown.size() + record.refused.size();
    verdict_.acknowledged += record.acknowledged.size();
    verdict_.unknown += record.unknown.size();
    verdict_.resumed += record.resumed;
    verdict_.anew += record.anew;
    for (const std::string& message : record.acknowledged)
      if (!truth_.handled.contains(message))
        blame(verdict_.lost, message + " was acknowledged, not handled");
    for (const auto& [message, why] : record.refused) blame(verdict_.lost, message + ": " + why);
    if (record.wrong_answers > 0)
      blame(verdict_.lost,
            record.member + " had " + std::to_string(record.wrong_answers) + " wrong answers");
    if (record.presence != truth_.presence)
      blame(verdict_.unequal, record.member + " sees " + microframe::to_text(record.presence) +
                                  ", not " + microframe::to_text(truth_.presence));
    hear_room(record);
  }

 private:
  void blame(std::size_t& count, std::string what) {
    ++count;
    if (verdict_.problems.size() < kProblemsMax) verdict_.problems.push_back(std::move(what));
  }

  void hear_room(const Record& record) {
    std::optional<std::uint64_t> last;  // offset
    std::set<std::string> heard;
    std::map<std::string, std::int64_t> last_of;  // by sender
    for (const Event& event : record.events) {
      if (event.message.empty()) {
        verdict_.gaps_told += event.was_in && !event.recovered;
        if (!event.recovered) last = event.offset;
        continue;
      }
      const std::string what = record.member + " heard " + event.message + " at " +
                               std::to_string(event.offset) + " after " +
                               std::to_string(last.value_or(0));
      if (!heard.insert(event.message).second) blame(verdict_.repeated, what + ", again");
      if (!last || event.offset <= *last) {
        blame(verdict_.out_of_order, what);
      } else if (event.offset != *last + 1) {
        blame(verdict_.gaps_untold, what);
      }
      last = event.offset;
      hear_sender(event, last_of, what);
      const auto [place, is_new] = at_.emplace(event.offset, event.message);
      if (!is_new && place->second != event.message)
        blame(verdict_.out_of_order, what + ", others " + place->second);
    }
    if (last.value_or(0) != truth_.last_offset || record.position != truth_.last_offset)
      blame(verdict_.gaps_untold, record.member + " has heard up to " +
                                      std::to_string(last.value_or(0)) + ", the room has " +
                                      std::to_string(truth_.last_offset));
  }
  // From one sender to one room, every member sees messages in the order sent.
  void hear_sender(const Event& event, std::map<std::string, std::int64_t>& last_of,
                   const std::string& what) {
    const std::size_t colon = event.message.find(':');
    const std::int64_t n = std::stoll(event.message.substr(colon + 1));
    std::int64_t& before = last_of[event.message.substr(0, colon)];
    if (n <= before)
      blame(verdict_.out_of_order, what + ", and of its sender " + std::to_string(before));
    before = n;
  }

  const Truth& truth_;
  Verdict verdict_;
  std::map<std::uint64_t, std::string>
      at_;  // the message at each offset, as the first member received it
};

}  // namespace

Verdict judge(const Truth& truth, const std::vector<Record>& records) {
  Judge judge(truth);
  judge.hear_server();
  for (const Record& record : records) judge.hear(record);
  return judge.take_verdict();
}

}  // namespace chaos
