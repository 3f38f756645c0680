#include "simulation/nodes/room_view.hpp"

#include <algorithm>

#include "cluster/names.hpp"
#include "simulation/nodes/frames.hpp"
#include "simulation/nodes/rooms.hpp"

namespace microframe::simulation::nodes {

using base::Frame;

namespace {

struct Place {
  std::uint64_t number;
  std::uint64_t offset;
};

Place place_in(const Frame& frame) {
  std::string_view text = base::as_text(frame.enveloped().content());
  take_word(text);
  const std::uint64_t number = to_number(take_word(text));
  return {number, to_number(take_word(text))};
}

}  // namespace

// --- joins ---

void RoomView::lose_count(bool stays) {
  whole_since_ = ++scene_.turn;
  if (!stays) stays_since_ = whole_since_;
  standing_.clear();
  heard_.clear();
}

void RoomView::joined(const hub::Joined& joined, const Reader& reader,
                      const std::optional<base::Since>& since) {
  require(joined.entered != is_in_, [&] { return name() + ": it enters twice, or never has"; });
  require(since.has_value() == joined.recovered.has_value(),
          [&] { return name() + ": what it asked for is not what it is told"; });
  is_in_ = true;
  session_ = reader.session;
  late_until_ = joined.entered ? 0 : joined.offset;
  if (joined.entered) heard_here_.clear();
  if (has_presence(room_) && joined.presence) {
    present_.clear();
    for (const auto& [user, devices] : *joined.presence)
      for (const auto& device : devices) present_[user + '/' + device.id] = number_of(device.meta);
  }
  if (!keeps_history(room_)) return lose_count(false);
  if (since && *joined.recovered) return catch_up(joined, reader, *since);
  lose_count(false);
  epoch_ = to_number(joined.epoch);
  offset_ = joined.offset;
  if (!joined.missed) return;
  for (const Frame& frame : *joined.missed) {
    const auto [number, offset] = place_in(frame);
    require(offset <= offset_, [&] { return name() + ": what is kept is ahead of the room"; });
    require(!scene_.annals.of(number).hidden_from(reader), [&] {
      return name() + ": it is shown " + std::to_string(number) + ", hidden from it";
    });
    take(number, offset);
  }
}

// All that came after the place that the client has told.
void RoomView::catch_up(const hub::Joined& joined, const Reader& reader, const base::Since& since) {
  require(std::to_string(epoch_) == joined.epoch && since.epoch == joined.epoch,
          [&] { return name() + ": it goes on in another epoch"; });
  // Where nobody who knows better is left, nobody finds that the log has forked meanwhile.
  if (joined.entered && scene_.chronicle.may_be_forked(cluster::room_log(kEndpoint, room_)))
    lose_count(true);
  offset_ = since.offset;
  for (const Frame& frame : *joined.missed) {
    const auto [number, offset] = place_in(frame);
    require(offset > offset_, [&] { return name() + ": what it missed is out of order"; });
    check_hidden(offset, reader, since.session);
    offset_ = offset;
    // Somebody else has had it join meanwhile.
    if (!joined.entered && heard_.count(number) != 0) continue;
    require(
        !scene_.annals.of(number).hidden_from(reader) &&
            !scene_.annals.of(number).hidden_from({reader.user, since.session}),
        [&] { return name() + ": it is shown " + std::to_string(number) + ", hidden from it"; });
    take(number, offset);
  }
  check_hidden(joined.offset + 1, reader, since.session);
  offset_ = joined.offset;
}

void RoomView::arrived(const hub::Joined& joined, const Reader& reader,
                       const std::optional<base::Since>& since) {
  require(!joined.entered, [&] { return name() + ": it enters where it was"; });
  if (since && joined.recovered == true && epoch_ != 0) {
    require(since->epoch == std::to_string(epoch_) && offset_ <= since->offset,
            [&] { return name() + ": its session has not heard what it has"; });
    check_hidden(since->offset + 1, reader, reader.session);
    for (const Frame& frame : *joined.missed) {
      const std::uint64_t number = place_in(frame).number;
      require(heard_.count(number) == 0,
              [&] { return name() + ": it missed " + std::to_string(number) + ", and heard it"; });
    }
  }
  this->joined(joined, reader, since);
  late_until_ = 0;
}

void RoomView::left() {
  require(is_in_, [&] { return name() + ": it leaves where it is not"; });
  is_in_ = false;
  present_.clear();
}

std::optional<base::Since> RoomView::position() const {
  if (epoch_ == 0) return std::nullopt;
  base::Since since;
  since.epoch = std::to_string(epoch_);
  since.offset = offset_;
  since.session = session_;
  return since;
}

// --- messages ---

void RoomView::check_hidden(std::uint64_t before, const Reader& reader,
                            std::string_view also) const {
  for (std::uint64_t offset = offset_ + 1; offset < before; ++offset) {
    const auto& numbers = scene_.chronicle.at(epoch_, offset);
    const auto is_hidden = [&](std::uint64_t number) {
      const Message& message = scene_.annals.of(number);
      return message.hidden_from(reader) || message.hidden_from({reader.user, also});
    };
    require(std::any_of(numbers.begin(), numbers.end(), is_hidden), [&] {
      return name() + ": offset " + std::to_string(offset) + " of epoch " + std::to_string(epoch_) +
             " never came";
    });
  }
}

void RoomView::take(std::uint64_t number, std::uint64_t offset) {
  scene_.annals.hear(number, client_);
  const auto what = [&](const char* fault) {
    return name() + ": message " + std::to_string(number) + " at " + std::to_string(offset) +
           " of epoch " + std::to_string(epoch_) + fault;
  };
  require(scene_.chronicle.has_stood_at(number, epoch_, offset),
          [&] { return what(" has never stood there"); });
  require(heard_.insert(number).second, [&] { return what(" comes twice"); });
  standing_[offset] = number;
  heard_here_.insert(number);
}

void RoomView::hear(std::uint64_t number, std::uint64_t offset, const Reader& reader) {
  require(is_in_, [&] { return name() + ": it hears where it is not"; });
  require(!scene_.annals.of(number).hidden_from(reader),
          [&] { return name() + ": it hears " + std::to_string(number) + ", hidden from it"; });
  if (!keeps_history(room_)) return scene_.annals.hear(number, client_);
  require(epoch_ != 0, [&] { return name() + ": it hears before it is told where"; });
  if (offset <= late_until_) return;
  require(offset > offset_, [&] {
    return name() + ": offset " + std::to_string(offset) + " comes behind " +
           std::to_string(offset_);
  });
  check_hidden(offset, reader, reader.session);
  take(number, offset);
  offset_ = offset;
}

void RoomView::moved(std::uint64_t epoch, std::uint64_t offset) {
  require(is_in_ && keeps_history(room_), [&] { return name() + ": no log moves there"; });
  lose_count(true);
  heard_here_.clear();  // the node may have passed a fork over, where the log had lost what it knew
  late_until_ = 0;
  epoch_ = epoch;
  offset_ = offset;
}

void RoomView::presence(std::string_view words) {
  require(is_in_ && has_presence(room_), [&] { return name() + ": nobody tells who is there"; });
  while (!words.empty()) {
    std::string_view word = take_word(words);
    const bool comes = word.front() == '+';
    word.remove_prefix(1);
    const std::string user(take_word(word, '/'));
    const std::string device = user + '/' + std::string(take_word(word, '/'));
    if (comes) {
      present_[device] = to_number(word);
    } else {
      present_.erase(device);
    }
  }
}

// --- at rest ---

void RoomView::check_complete(const Reader& reader) const {
  if (!is_in_ || !keeps_history(room_)) return;
  const std::string log = cluster::room_log(kEndpoint, room_);
  const hub::Broker::Position last = scene_.chronicle.position(log);
  require(epoch_ == last.epoch && offset_ <= last.offset, [&] {
    return name() + ": it is at " + std::to_string(epoch_) + ":" + std::to_string(offset_) +
           ", the log at " + std::to_string(last.epoch) + ":" + std::to_string(last.offset);
  });
  check_hidden(last.offset + 1, reader, reader.session);
  for (const auto& [offset, number] : scene_.chronicle.content(log, scene_.agenda.now_ms())) {
    const auto heard = standing_.find(offset);
    require(heard == standing_.end() || heard->second == number, [&, at = offset, has = number] {
      return name() + ": it heard " + std::to_string(heard->second) + " at " + std::to_string(at) +
             ", where the log has " + std::to_string(has);
    });
  }
}

}  // namespace microframe::simulation::nodes
