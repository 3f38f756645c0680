#include "chaos_cluster/member.hpp"

#include <boost/json/object.hpp>
#include <chrono>

#include "chaos_cluster/hall.hpp"

namespace chaos_cluster {
namespace {

using namespace microframe;
using namespace std::chrono_literals;

ClientOptions quick(const std::string& user) {
  ClientOptions options;
  options.token = [user] { return token_of(user); };
  options.backoff_first = 50ms;
  options.backoff_max = 500ms;
  options.connect_time = 1'500ms;
  options.answer_time = 1s;
  options.messages_per_second = 0;
  return options;
}

}  // namespace

std::string token_of(const std::string& user) {
  static const authx::AuthConfig auth{std::string(32, 's')};
  return authx::create_access_token(auth, user);
}

Member::Member(const ClientLoop& loop, const std::string& name, std::uint16_t port)
    : client_(loop, "ws://127.0.0.1:" + std::to_string(port) + "/ws", quick(name)) {
  record_.member = name;
  client_.on_message(
      [this](const Json& data, const std::string& room, std::optional<std::uint64_t> offset) {
        Event event;
        event.message = Name(text(data, "from"), data.at("n").as_int64());
        event.offset = offset.value_or(0);
        const std::lock_guard lock(mutex_);
        record_.rooms[room].push_back(std::move(event));
      });
  client_.on_joined([this](const JoinedRoom& room) {
    Event event;
    event.epoch = room.epoch;
    event.offset = room.offset.value_or(0);
    event.was_in = room.recovered.has_value();
    event.recovered = room.recovered == true;
    const std::lock_guard lock(mutex_);
    record_.rooms[room.room].push_back(std::move(event));
  });
  client_.on_state([this](const ClientStatus& status) {
    if (status.state != ClientState::open) return;
    const std::lock_guard lock(mutex_);
    ++(status.resumed ? record_.resumed : record_.anew);
  });
  client_.connect();
  for (std::size_t room = 0; room < kRooms; ++room) client_.join(room_name(room));
}

void Member::talk(const std::string& room) {
  std::int64_t n = 0;
  {
    const std::lock_guard lock(mutex_);
    n = ++sent_;
    waiting_.insert(n);
  }
  client_.send({{"from", record_.member}, {"n", n}, {"room", room}})
      .then([this, n](const Json&) { answered(n, ""); },
            [this, n](const ClientError& error) { answered(n, error.code()); });
}

void Member::answered(std::int64_t n, const std::string& error) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(n);
  if (error.empty()) {
    record_.acknowledged.emplace(record_.member, n);
  } else if (error == "unavailable") {
    ++record_.unavailable;
  } else if (error == "session_lost") {
    ++record_.unknown;
  } else {
    record_.refused.emplace_back(n, error);
  }
}

bool Member::is_settled() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

bool Member::has_reached(const std::string& room, std::uint64_t offset) const {
  const auto position = client_.position(room);
  return position && position->offset == offset;
}

Record Member::record() const {
  const std::lock_guard lock(mutex_);
  Record record = record_;
  record.sent = static_cast<std::size_t>(sent_);
  for (const std::int64_t n : waiting_) record.refused.emplace_back(n, "not answered");
  if (record.anew > 0) --record.anew;  // the first session
  return record;
}

}  // namespace chaos_cluster
