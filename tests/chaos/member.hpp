// Member: a microframe::Client that talks in the room, and its Record.
// Threading: any; its client's handlers run on the ClientLoop's thread.
#pragma once

#include <mutex>
#include <set>
#include <string>

#include "chaos/record.hpp"
#include "microframe/client.hpp"

namespace chaos {

class Member {
 public:
  // loop: outlives it.
  Member(const microframe::ClientLoop& loop, std::string name, std::uint16_t port,
         std::string token);

  // Sends its next message.
  void talk();
  // Whether all that it has sent is answered, one way or another.
  bool is_settled() const;
  bool has_reached(std::uint64_t offset) const;
  microframe::Json presence() const { return client_.presence(kRoom); }
  // What is not answered by now counts as refused.
  Record record() const;

 private:
  mutable std::mutex mutex_;
  Record record_;
  std::set<std::string> waiting_;
  std::int64_t sent_ = 0;
  microframe::Client client_;  // the last: its handlers end before what they use
};

}  // namespace chaos
