// History: the latest messages of a room, numbered. No I/O, no clock, no threads: the room guards
// its history, and time comes in. Frames are shared with those who were sent them: to keep a frame
// costs two pointers, to replay one costs no encoding.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/frame.hpp"
#include "base/since.hpp"
#include "base/to_ms.hpp"

namespace microframe::hub {

using base::Since;

// Who must not see a message, now or later.
struct HiddenFrom {
  std::vector<std::string> users;
  std::string session;  // "" for none

  bool covers(std::string_view user, std::string_view of_session) const;
};

class History {
 public:
  struct Entry {
    std::uint64_t offset;
    std::uint64_t time_ms;
    base::Frame frame;
    HiddenFrom hidden;
  };

  // epoch: a name that no room had before, because offsets begin anew with the epoch. bytes_max: of
  // the frames, in all their forms; a message of more is not kept. last: the number of the message
  // before the first.
  History(std::string epoch, std::size_t messages_max, std::size_t bytes_max,
          std::chrono::milliseconds age, std::uint64_t last = 0)
      : epoch_(std::move(epoch)),
        messages_max_(messages_max),
        bytes_max_(bytes_max),
        age_ms_(base::to_ms(age)),
        offset_(last) {}

  const std::string& epoch() const { return epoch_; }
  // The number of the latest message; 0 before the first.
  std::uint64_t offset() const { return offset_; }
  // The number of the next message, which is numbered before it is added, because its frame may
  // tell the number.
  std::uint64_t next_offset() const { return offset_ + 1; }
  void add(base::Frame frame, HiddenFrom hidden, std::uint64_t now_ms);
  // Drops the messages that are too old.
  void expire(std::uint64_t now_ms);
  // Drops all messages. The next one's offset is as if they were there.
  void clear();
  bool empty() const { return entries_.empty(); }
  std::size_t bytes() const { return bytes_; }

  // All messages after `since`, except those hidden from the user, from the session of `since` or
  // from the session that asks ("": none); and in front of them older ones, until there are `count`
  // in all.
  // returns: nullopt if a message is missing, or the epoch is another.
  std::optional<std::vector<base::Frame>> after(const Since& since, std::size_t count,
                                                std::string_view user,
                                                std::string_view session) const;
  // At most `count` of the latest messages that the user may see in that session, in order; and all
  // that were added at since_ms or later.
  std::vector<base::Frame> latest(std::size_t count, std::optional<std::uint64_t> since_ms,
                                  std::string_view user, std::string_view session) const;
  // The messages after an offset, `limit` at most, in order.
  std::vector<Entry> entries_after(std::uint64_t offset, std::size_t limit) const;

 private:
  void drop_oldest();

  const std::string epoch_;
  const std::size_t messages_max_;
  const std::size_t bytes_max_;
  const std::uint64_t age_ms_;
  std::uint64_t offset_;
  std::size_t bytes_ = 0;
  std::deque<Entry> entries_;
};

}  // namespace microframe::hub
