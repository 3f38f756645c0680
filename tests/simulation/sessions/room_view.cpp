#include "simulation/sessions/room_view.hpp"

#include "simulation/trace.hpp"

namespace microframe::simulation::sessions {

void RoomView::begin_at(const std::string& epoch, std::uint64_t offset) {
  *this = {};
  epoch_ = epoch;
  if (epoch.empty()) return;
  position_ = offset;
  first_ = offset + 1;
}

void RoomView::begin_after(const base::Since& since, std::uint64_t offset) {
  begin_at(since.epoch, since.offset);
  go_on_after(since.session, offset);
}

void RoomView::begin_anywhere() {
  *this = {};
}

void RoomView::hear_latest(const std::string& epoch, bool recovered) {
  if (!position_ || epoch_ != epoch) return begin_anywhere();
  older_below_ = first_;
  older_read_ = 0;
  jumps_ = jumps_ || !recovered;
  missed_until_ = 0;
  missed_in_.clear();
  hears_late_ones_ = false;
}

bool RoomView::is_hidden(const Annals::Entry& entry, const Reader& reader) const {
  if (entry.hidden_from(reader)) return true;
  return entry.offset <= missed_until_ && entry.hidden_from_session(missed_in_);
}

// All between where it stands and `before`.
void RoomView::check_hidden(const Annals& annals, std::uint64_t before, const Reader& reader,
                            const char* fault) const {
  for (std::uint64_t offset = *position_ + 1; offset < before; ++offset) {
    require(is_hidden(annals.at(epoch_, offset), reader), [&] {
      return std::string(reader.user) + " was not shown offset " + std::to_string(offset) + " of " +
             epoch_ + fault;
    });
  }
}

void RoomView::take(const Annals& annals, const Annals::Entry& entry, const Reader& reader) {
  const auto what = [&](const char* fault) {
    return std::string(reader.user) + " is shown offset " + std::to_string(entry.offset) + " of " +
           entry.epoch + fault;
  };
  require(!entry.hidden_from(reader) && (hears_late_ones_ || !is_hidden(entry, reader)),
          [&] { return what(", which is hidden from it"); });
  if (entry.epoch.empty()) return;
  require(epoch_.empty() || epoch_ == entry.epoch, [&] { return what(", in another epoch"); });
  epoch_ = entry.epoch;
  if (first_ == 0) first_ = entry.offset;
  if (position_ && entry.offset > older_read_ && entry.offset < older_below_) {
    if (older_read_ == 0) first_ = entry.offset;
    older_read_ = entry.offset;
    return;
  }
  if (position_) {
    require(entry.offset > *position_, [&] { return what(" again"); });
    if (!jumps_) check_hidden(annals, entry.offset, reader, ": a gap");
    jumps_ = false;
  }
  position_ = entry.offset;
}

void RoomView::check_complete(const Annals& annals, const Reader& reader) const {
  if (position_ && !jumps_)
    check_hidden(annals, annals.last_offset(epoch_) + 1, reader, ": it never came");
}

std::optional<base::Since> RoomView::position(std::string_view session) const {
  if (!position_) return std::nullopt;
  base::Since since;
  since.epoch = epoch_;
  since.offset = *position_;
  since.session = session;
  return since;
}

}  // namespace microframe::simulation::sessions
