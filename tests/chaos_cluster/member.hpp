// Member: a microframe::Client that talks in the rooms, and what it has learned.
// Threading: any thread; the handlers of the client run on the ClientLoop's thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "microframe/client.hpp"

namespace chaos_cluster {

// A message, as a name: who sent it, and the how-manieth of the sender's.
using Name = std::pair<std::string, std::int64_t>;

// What a member learned about a room, in order: a message, or that it entered the room.
struct Event {
  Event() = default;

  std::optional<Name> message;  // nullopt: the room was entered
  std::string epoch;            // entered
  std::uint64_t offset = 0;     // the message's, or the one from which the room is read
  bool was_in = false;          // entered: the member was in the room before
  bool recovered = false;       // entered: the missed messages follow
};

struct Record {
  Record() = default;

  std::string member;
  std::map<std::string, std::vector<Event>> rooms;
  std::set<Name> acknowledged;
  std::size_t sent = 0;
  std::size_t unavailable = 0;                                // which may be stored all the same
  std::size_t unknown = 0;                                    // `session_lost`
  std::vector<std::pair<std::int64_t, std::string>> refused;  // for no reason that there is
  unsigned resumed = 0;
  unsigned anew = 0;
};

class Member {
 public:
  // loop: outlives the member.
  Member(const microframe::ClientLoop& loop, const std::string& name, std::uint16_t port);

  // Sends the member's next message.
  void talk(const std::string& room);
  bool is_settled() const;
  bool has_reached(const std::string& room, std::uint64_t offset) const;
  // Messages that are unanswered by now count as refused.
  Record record() const;

 private:
  void answered(std::int64_t n, const std::string& error);

  mutable std::mutex mutex_;
  Record record_;
  std::set<std::int64_t> waiting_;
  std::int64_t sent_ = 0;
  microframe::Client client_;  // last: its handlers end before the members that they use
};

std::string token_of(const std::string& user);

}  // namespace chaos_cluster
