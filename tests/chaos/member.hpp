// Member: a microframe::Client that talks in the room, and its Record.
// Threading: any thread; the handlers of the client run on the ClientLoop's thread.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "chaos/record.hpp"
#include "microframe/client.hpp"

namespace chaos {

class Member {
 public:
  // loop: must outlive the member.
  Member(const microframe::ClientLoop& loop, std::string name, std::uint16_t port,
         std::string token);

  // Sends the member's next message.
  void talk();
  // Whether every message that the member sent is answered, one way or another.
  bool is_settled() const;
  bool has_reached(std::uint64_t offset) const;
  microframe::Json presence() const { return client_.presence(kRoom); }
  // Messages that are unanswered by now count as refused.
  Record record() const;

 private:
  mutable std::mutex mutex_;
  Record record_;
  std::set<std::string> waiting_;
  std::int64_t sent_ = 0;
  microframe::Client client_;  // last: its handlers end before the members that they use
};

}  // namespace chaos
