// Crowd: many microframe::Clients, each in one room, which talk in turn.
// Threading: one thread; the clients' handlers run on their loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "ledger.hpp"

namespace returns {

// How many guests there are at an address.
struct Party {
  std::string url;
  std::size_t guests = 0;
};

class Crowd {
 public:
  // ledger:  outlives the crowd.
  // parties: come in this order; guest g is in room g % rooms.
  Crowd(Ledger& ledger, const std::vector<Party>& parties, std::size_t rooms,
        const microframe::authx::AuthConfig& auth);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // From now on, so many messages a second of all guests together.
  void talk(std::size_t per_second);
  void be_quiet();

 private:
  void add(const std::string& url, const std::string& room, const std::string& token);
  void say(std::size_t guest);

  Ledger& ledger_;
  const microframe::ClientLoop loop_;
  std::deque<microframe::Client> clients_;
  std::vector<std::uint32_t> numbers_;  // of messages, by guest
  std::atomic<bool> talking_{false};
  std::thread talker_;
};

}  // namespace returns
