#include "chaos/member.hpp"

#include <boost/json/object.hpp>
#include <chrono>

namespace chaos {
namespace {

using namespace microframe;
using namespace std::chrono_literals;

// The same times as the server of a run (chaos/run.cpp): some hundreds of milliseconds in place
// of seconds.
ClientOptions quick(std::string token) {
  ClientOptions options;
  options.token = [token = std::move(token)] { return token; };
  options.backoff_first = 30ms;
  options.backoff_max = 600ms;
  options.connect_time = 600ms;
  options.answer_time = 500ms;
  return options;
}

Event event_of(const JoinedRoom& room) {
  Event event;
  event.offset = room.offset.value_or(0);
  event.recovered = room.recovered == true;
  event.was_in = room.recovered.has_value();
  return event;
}

}  // namespace

Member::Member(const ClientLoop& loop, std::string name, std::uint16_t port, std::string token)
    : client_(loop, "ws://127.0.0.1:" + std::to_string(port) + "/ws", quick(std::move(token))) {
  record_.member = std::move(name);
  client_.on_message(
      [this](const Json& data, const std::string&, std::optional<std::uint64_t> offset) {
        Event event;
        event.message = message_name(text(data, "from"), data.at("n").as_int64());
        event.offset = offset.value_or(0);
        const std::lock_guard lock(mutex_);
        record_.events.push_back(std::move(event));
      });
  client_.on_joined([this](const JoinedRoom& room) {
    const std::lock_guard lock(mutex_);
    record_.events.push_back(event_of(room));
  });
  client_.on_state([this](const ClientStatus& status) {
    if (status.state != ClientState::open) return;
    const std::lock_guard lock(mutex_);
    ++(status.resumed ? record_.resumed : record_.anew);
  });
  client_.connect();
  client_.join(kRoom);
}

void Member::talk() {
  const Json message = {{"from", record_.member}, {"n", ++sent_}};
  const std::string name = message_name(record_.member, sent_);
  {
    const std::lock_guard lock(mutex_);
    waiting_.insert(name);
  }
  client_.send(message).then(
      [this, name, message](const Json& reply) {
        const std::lock_guard lock(mutex_);
        waiting_.erase(name);
        record_.acknowledged.push_back(name);
        if (reply != message) ++record_.wrong_answers;
      },
      [this, name](const ClientError& error) {
        const std::lock_guard lock(mutex_);
        waiting_.erase(name);
        if (error.code() == "session_lost") return record_.unknown.push_back(name);
        record_.refused.emplace_back(name, error.code());
      });
}

bool Member::is_settled() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

bool Member::has_reached(std::uint64_t offset) const {
  const auto position = client_.position(kRoom);
  return position && position->offset == offset;
}

Record Member::record() const {
  const auto position = client_.position(kRoom);
  const std::lock_guard lock(mutex_);
  Record record = record_;
  for (const std::string& name : waiting_) record.refused.emplace_back(name, "not answered");
  if (position) record.position = position->offset;
  record.presence = client_.presence(kRoom);
  if (record.anew > 0) --record.anew;  // the first session
  return record;
}

}  // namespace chaos
