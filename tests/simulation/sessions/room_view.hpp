// RoomView: what one member has been shown of a room that keeps its messages. Whatever it is told
// when it enters, from there on it sees every message that is not hidden from it, once and in the
// offsets' order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/since.hpp"
#include "simulation/sessions/annals.hpp"

namespace microframe::simulation::sessions {

class RoomView {
 public:
  // What comes after `offset` must follow.
  void begin_at(const std::string& epoch, std::uint64_t offset);
  // What came after `since` must follow, up to `offset` as the session of `since` may see it, and
  // then what is new.
  void begin_after(const base::Since& since, std::uint64_t offset);
  // The same, from where it stands.
  void go_on_after(const std::string& session, std::uint64_t offset) {
    missed_in_ = session;
    missed_until_ = offset;
  }
  // It was there already, and what was on its way then is hidden from its present session only.
  void hear_late_ones() { hears_late_ones_ = true; }
  // Nobody says where it begins; from the first that comes on, all must follow.
  void begin_anywhere();
  // The latest messages were asked for, of a room of this epoch: those before the first that was
  // shown may follow, and what is new goes on from anywhere, unless all that was missed follows.
  void hear_latest(const std::string& epoch, bool recovered);

  // errors: Violation: a gap, a repeat, or what is hidden from the reader.
  void take(const Annals& annals, const Annals::Entry& entry, const Reader& reader);
  // Nothing is under way.
  // errors: Violation, if something never came.
  void check_complete(const Annals& annals, const Reader& reader) const;

  // Where it stands; nullopt if nobody has said, or the room keeps nothing.
  std::optional<base::Since> position(std::string_view session) const;

 private:
  bool is_hidden(const Annals::Entry& entry, const Reader& reader) const;
  void check_hidden(const Annals& annals, std::uint64_t before, const Reader& reader,
                    const char* fault) const;

  std::string epoch_;  // "" unless known
  std::optional<std::uint64_t> position_;
  std::uint64_t first_ = 0;  // the first that was or will be shown; 0: nobody has said
  // By hear_latest: what is below the one and above the other may be shown.
  std::uint64_t older_below_ = 0;
  std::uint64_t older_read_ = 0;
  bool jumps_ = false;              // the next that is new may follow from anywhere
  std::uint64_t missed_until_ = 0;  // so far it is shown as to the session that missed it
  std::string missed_in_;
  bool hears_late_ones_ = false;  // which might have been missed
};

}  // namespace microframe::simulation::sessions
