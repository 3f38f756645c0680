#include "chaos/run.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>

#include "chaos/hall.hpp"
#include "chaos/member.hpp"
#include "chaos/node_side.hpp"
#include "chaos/proxy.hpp"

namespace chaos {
namespace {

using namespace microframe;
using namespace std::chrono_literals;

// The time between two messages of a member, on average. Messages come a little faster than a
// client may send.
constexpr std::int64_t kPauseMs = 8;
constexpr auto kPatience = 40s;  // on a machine that does other things too

bool eventually(const std::function<bool()>& holds,
                std::chrono::milliseconds patience = kPatience) {
  for (const auto end = Clock::now() + patience; Clock::now() < end;
       std::this_thread::sleep_for(2ms))
    if (holds()) return true;
  return holds();
}

class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options), random_(options.seed) {
    app_.limits(limits()).threads(1 + random_.below(2));
    app_.rooms("hall:*",
               RoomOptions().history(random_.percent(60) ? 10'000 : 150, 60s, 64 << 20).presence());
    app_.start("127.0.0.1:0");
    proxy_.emplace(app_.port(), options.cpp_clients + options.js_clients, options.seed);
    if (options.js_clients > 0) node_.emplace(MICROFRAME_CHAOS_CLIENTS, setup_of_node());
    for (std::size_t n = 0; n < options.cpp_clients; ++n) {
      const std::string name = "cpp" + std::to_string(n);
      members_.emplace_back(loop_, name, proxy_->port(n), token(name));
    }
  }
  ~Run() {
    members_.clear();
    app_.stop();
    app_.wait();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  RunResult result() {
    talk();
    proxy_->calm();
    eventually([&] {
      return std::all_of(members_.begin(), members_.end(), std::mem_fn(&Member::is_settled));
    });
    if (node_) node_->hear("settled", kPatience);
    Truth truth;
    truth.handled = hall_.handled();
    truth.last_offset = hall_.last_offset();
    // Clients on a dead connection have yet to find out, and sessions whose clients have begun
    // anew have yet to end.
    eventually([&] {
      truth.presence = hall_.people();
      return each_is_there_once(truth.presence) && all_see(truth);
    });
    RunResult result;
    result.verdict = judge(truth, records());
    result.faults = proxy_->faults();
    return result;
  }

 private:
  // The times of a real server are too long to wait for, and its sessions live too long to see
  // one end.
  Limits limits() {
    Limits limits;
    limits.ping_interval = 300ms;
    limits.pong_time = 300ms;
    limits.session_ttl = random_.percent(70) ? 60'000ms : 600ms;
    limits.session_frames_max = random_.percent(85) ? 10'000 : 600;
    limits.closing_time = 200ms;
    limits.drain_notice = limits.drain_time = 1ms;
    limits.devices_per_user_max = 100;
    return limits;
  }
  std::string token(const std::string& user) const {
    return authx::create_access_token(auth_, user);
  }

  Json setup_of_node() const {
    boost::json::array clients;
    for (std::size_t n = 0; n < options_.js_clients; ++n) {
      const std::string name = "js" + std::to_string(n);
      clients.push_back({{"name", name},
                         {"port", proxy_->port(options_.cpp_clients + n)},
                         {"token", token(name)}});
    }
    return {{"clients", clients},
            {"room", kRoom},
            {"messages", options_.messages},
            {"pauseMs", kPauseMs}};
  }

  void talk() {
    if (node_) {
      node_->hear("here", kPatience);
      node_->say({{"talk", true}});
    }
    for (std::int64_t n = 0; n < options_.messages; ++n) {
      for (Member& member : members_) member.talk();
      std::this_thread::sleep_for(milliseconds(random_.below(2 * kPauseMs + 1)));
    }
    if (node_) node_->hear("said", kPatience);
  }

  bool each_is_there_once(const Json& people) const {
    const auto& users = people.as_object();
    return users.size() == options_.cpp_clients + options_.js_clients &&
           std::all_of(users.begin(), users.end(),
                       [](const auto& user) { return user.value().as_array().size() == 1; });
  }
  bool all_see(const Truth& truth) {
    const bool ours = std::all_of(members_.begin(), members_.end(), [&](const Member& member) {
      return member.has_reached(truth.last_offset) && member.presence() == truth.presence;
    });
    if (!ours || !node_) return ours;
    node_->say({{"end", truth.last_offset}, {"presence", truth.presence}});
    return node_->hear("seen", kPatience).at("seen").as_bool();
  }

  std::vector<Record> records() {
    std::vector<Record> records;
    if (node_) {
      node_->say({{"report", true}});
      records = records_of(node_->hear("records", kPatience));
    }
    for (const Member& member : members_) records.push_back(member.record());
    return records;
  }

  const RunOptions options_;
  Random random_;
  const authx::AuthConfig auth_{std::string(32, 's')};
  Application app_;
  Hall& hall_ = app_.route<Hall>("/ws", auth_);
  std::optional<Proxy> proxy_;
  std::optional<NodeSide> node_;
  const ClientLoop loop_;
  std::deque<Member> members_;
};

}  // namespace

RunResult run(const RunOptions& options) {
  return Run(options).result();
}

}  // namespace chaos
