#include "client/tickets.hpp"

#include <utility>

namespace microframe::client {

std::uint64_t Tickets::issue(Pending reply) {
  const std::uint64_t number = ++last_;
  waiting_.emplace(number, std::move(reply));
  return number;
}

void Tickets::settle(v1::Settle& settle) {
  const auto found = waiting_.find(settle.ticket);
  if (found == waiting_.end()) return;
  // Taken out first: what waits for the reply may issue another ticket.
  const Pending reply = std::move(found->second);
  waiting_.erase(found);
  if (settle.code.empty()) {
    reply->succeed(std::move(settle.reply));
  } else {
    reply->fail(ClientError(settle.code, settle.message));
  }
}

void Tickets::fail_all(const std::string& why) {
  for (const auto& [number, reply] : std::exchange(waiting_, {}))
    reply->fail(ClientError("closed", why));
}

}  // namespace microframe::client
