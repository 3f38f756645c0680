#include "crowd.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <utility>

namespace returns {
namespace {

using namespace microframe;

// A message is 200 bytes with this.
const std::string kFiller(130, 'x');

Json to_json(const Said& said) {
  return {{"guest", said.guest},
          {"number", said.number},
          {"at", said.at.time_since_epoch().count()},
          {"text", kFiller}};
}

Said from_json(const Json& message) {
  return {message.at("guest").to_number<std::size_t>(),
          message.at("number").to_number<std::uint32_t>(),
          Clock::time_point(Clock::duration(message.at("at").to_number<std::int64_t>()))};
}

}  // namespace

Crowd::Crowd(Ledger& ledger, const std::vector<Party>& parties, std::size_t rooms,
             const authx::AuthConfig& auth)
    : ledger_(ledger) {
  const auto lasting = authx::TokenOptions().ttl(std::chrono::hours(6));
  for (const Party& party : parties) {
    for (std::size_t i = 0; i < party.guests; ++i) {
      const std::size_t guest = clients_.size();
      add(party.url, "room" + std::to_string(guest % rooms),
          authx::create_access_token(auth, "guest" + std::to_string(guest), lasting));
    }
  }
  numbers_.resize(clients_.size());
}

Crowd::~Crowd() {
  be_quiet();
}

void Crowd::add(const std::string& url, const std::string& room, const std::string& token) {
  const std::size_t guest = clients_.size();
  ClientOptions options;
  options.token = [token] { return token; };
  Client& client = clients_.emplace_back(loop_, url, std::move(options));
  client.on_state([this, guest](const ClientStatus& status) { ledger_.on_state(guest, status); });
  client.on_joined([this, guest](const JoinedRoom& joined) { ledger_.on_joined(guest, joined); });
  client.on_message(
      [this, guest](const Json& message, const std::string&, std::optional<std::uint64_t> offset) {
        ledger_.on_heard(guest, from_json(message), offset.value_or(0));
      });
  client.connect();
  client.join(room);
}

void Crowd::talk(std::size_t per_second) {
  be_quiet();
  talking_ = true;
  talker_ = std::thread([this, per_second] {
    const Clock::time_point began = Clock::now();
    for (std::size_t said = 0; talking_; ++said) {
      std::this_thread::sleep_until(began + std::chrono::nanoseconds(std::chrono::seconds(said)) /
                                                per_second);
      // Neighbours in number are in different rooms.
      say(said % clients_.size());
    }
  });
}

void Crowd::be_quiet() {
  talking_ = false;
  if (talker_.joinable()) talker_.join();
}

void Crowd::say(std::size_t guest) {
  const Said said{guest, ++numbers_[guest], Clock::now()};
  ledger_.on_said(said);
  clients_[guest]
      .send(to_json(said))
      .then([this, said](const Json&) { ledger_.on_answer(said, ""); },
            [this, said](const ClientError& error) { ledger_.on_answer(said, error.code()); });
}

}  // namespace returns
