#include "ledger.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace returns {
namespace {

using microframe::ClientState;
using microframe::Json;

double to_seconds(Clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

Json percentiles(std::vector<float> values) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  const auto at = [&](std::size_t hundredths) {
    return values[(values.size() - 1) * hundredths / 100];
  };
  return {{"p50", at(50)}, {"p99", at(99)}, {"most", at(100)}};
}

}  // namespace

Ledger::Ledger(std::size_t guests, std::size_t rooms) : guests_(guests), rooms_(rooms) {}

void Ledger::on_said(const Said&) {
  const std::lock_guard lock(mutex_);
  ++said_;
}

void Ledger::on_answer(const Said& said, const std::string& code) {
  const std::lock_guard lock(mutex_);
  ++answered_;
  if (code.empty()) {
    room_of(said.guest).acknowledged.insert(name_of(said));
  } else {
    ++failed_[code];
  }
}

void Ledger::on_heard(std::size_t guest, const Said& said, std::uint64_t offset) {
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  Room& room = room_of(guest);
  const auto [known, is_new] = room.offsets.try_emplace(name_of(said), offset);
  if (!is_new && known->second != offset) blame(twice_, guest, said, offset);
  room.latest = std::max(room.latest, offset);
  Guest& hearer = guests_[guest];
  if (offset <= hearer.last) blame(repeated_, guest, said, offset);
  if (offset > hearer.last + 1) blame(gaps_, guest, said, offset);
  hearer.last = offset;
  late_s_.push_back(std::chrono::duration<float>(now - said.at).count());
  note_progress(hearer);
}

void Ledger::blame(std::size_t& count, std::size_t guest, const Said& said, std::uint64_t offset) {
  constexpr std::size_t kProblemsMax = 10;
  ++count;
  if (problems_.size() == kProblemsMax) return;
  problems_.push_back("guest " + std::to_string(guest) + ", who has heard up to " +
                      std::to_string(guests_[guest].last) + ", heard " +
                      std::to_string(said.guest) + ":" + std::to_string(said.number) + " at " +
                      std::to_string(offset) + ", " + std::to_string(to_seconds(Clock::now())));
}

void Ledger::on_joined(std::size_t guest, const microframe::JoinedRoom& room) {
  const std::lock_guard lock(mutex_);
  Guest& joined = guests_[guest];
  joined.missed_to = room.offset.value_or(0);
  if (room.recovered != true) {
    if (room.recovered == false) ++told_;
    joined.last = joined.missed_to;
  }
  note_progress(joined);
}

// A session that goes on is sent what it missed in front of everything else. A new one has caught
// up when it has heard its room up to the offset that `joined` says.
void Ledger::on_state(std::size_t guest, const microframe::ClientStatus& status) {
  const std::lock_guard lock(mutex_);
  Guest& whose = guests_[guest];
  whose.is_open = status.state == ClientState::open;
  if (status.state == ClientState::closed) ++ended_;
  if (status.state == ClientState::reconnecting) {
    whose.was_lost = true;
    whose.back = whose.caught_up = {};
  } else if (whose.is_open) {
    whose.back = Clock::now();
    ++(status.resumed ? resumed_ : anew_);
    constexpr std::uint64_t kNotToldYet = ~std::uint64_t{0};
    whose.missed_to = status.resumed ? whose.last : kNotToldYet;
    note_progress(whose);
  }
}

void Ledger::note_progress(Guest& guest) {
  if (guest.is_open && guest.caught_up == Clock::time_point{} && guest.last >= guest.missed_to)
    guest.caught_up = Clock::now();
}

void Ledger::begin_round() {
  const std::lock_guard lock(mutex_);
  for (Guest& guest : guests_) guest.was_lost = false;
  late_s_.clear();
  resumed_ = anew_ = 0;
}

bool Ledger::is_back(const Guest& guest) {
  return guest.is_open && guest.caught_up != Clock::time_point{};
}

std::size_t Ledger::lost() const {
  return static_cast<std::size_t>(std::count_if(guests_.begin(), guests_.end(),
                                                [](const Guest& guest) { return guest.was_lost; }));
}

bool Ledger::all_are_back(std::size_t lost_least) const {
  const std::lock_guard lock(mutex_);
  return lost() >= lost_least && std::all_of(guests_.begin(), guests_.end(), &is_back);
}

Json Ledger::round() const {
  const std::lock_guard lock(mutex_);
  boost::json::array back;
  boost::json::array caught_up;
  for (const Guest& guest : guests_) {
    if (!guest.was_lost || !is_back(guest)) continue;
    back.emplace_back(to_seconds(guest.back));
    caught_up.emplace_back(to_seconds(guest.caught_up));
  }
  return {{"lost", lost()},          {"resumed", resumed_},
          {"anew", anew_},           {"late", percentiles(late_s_)},
          {"back", std::move(back)}, {"caught_up", std::move(caught_up)}};
}

bool Ledger::is_settled() const {
  const std::lock_guard lock(mutex_);
  if (answered_ != said_) return false;
  for (std::size_t guest = 0; guest < guests_.size(); ++guest) {
    if (guests_[guest].last < rooms_[guest % rooms_.size()].latest) return false;
  }
  return true;
}

Json Ledger::verdict() const {
  const std::lock_guard lock(mutex_);
  std::size_t acknowledged = 0;
  std::size_t lost = 0;
  for (const Room& room : rooms_) {
    acknowledged += room.acknowledged.size();
    lost += static_cast<std::size_t>(
        std::count_if(room.acknowledged.begin(), room.acknowledged.end(),
                      [&](std::uint64_t name) { return !room.offsets.contains(name); }));
  }
  boost::json::object failed;
  for (const auto& [code, count] : failed_) failed[code] = count;
  return {{"said", said_},    {"acknowledged", acknowledged},
          {"failed", failed}, {"unanswered", said_ - answered_},
          {"lost", lost},     {"twice", twice_},
          {"gaps", gaps_},    {"repeated", repeated_},
          {"told", told_},    {"problems", boost::json::array(problems_.begin(), problems_.end())},
          {"ended", ended_}};
}

}  // namespace returns
