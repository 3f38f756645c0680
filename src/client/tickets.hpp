// Tickets: the replies of a client that wait for their answer, by the number with which the session
// knows each. Threading: the client's loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "client/pending_reply.hpp"
#include "v1/client_action.hpp"

namespace microframe::client {

class Tickets {
 public:
  using Pending = std::shared_ptr<detail::PendingReply>;

  // returns: the number of `reply`, which is settled with it; never 0.
  std::uint64_t issue(Pending reply);
  // Settles the reply of that number, if there is one, and forgets it.
  void settle(v1::Settle& settle);
  // Fails all that wait, with `closed` and `why`.
  void fail_all(const std::string& why);

 private:
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Pending> waiting_;
};

}  // namespace microframe::client
