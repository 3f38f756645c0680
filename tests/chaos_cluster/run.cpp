#include "chaos_cluster/run.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <random>
#include <regex>
#include <thread>
#include <vector>

#include "chaos_cluster/hall.hpp"
#include "chaos_cluster/member.hpp"
#include "chaos_cluster/node.hpp"
#include "cluster/names.hpp"
#include "cluster/redis_keys.hpp"
#include "support/redis_server.hpp"
#include "support/relay.hpp"

namespace chaos_cluster {
namespace {

using namespace microframe;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// On a machine that does other things too. A node that comes back under its name waits for the lease
// of the one before; the users of a killed one are looked for once more a while later.
constexpr auto kPatience = 60s;
constexpr auto kTick = 10ms;
// In a tick, of a hundred: a member says something.
constexpr std::uint64_t kTalkative = 15;

std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<std::uint16_t> ports;
  while (ports.size() < count) {
    const std::uint16_t port = test::free_port();
    if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
  }
  return ports;
}

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        random_(options.seed + 1),
        redis_({"--appendonly", "yes", "--appendfsync", "always"}),
        ports_(free_ports(options.nodes)),
        relay_(ports_) {
    for (std::size_t i = 0; i < options.nodes; ++i) {
      NodeSettings settings;
      settings.name = "node" + std::to_string(i);
      settings.port = ports_[i];
      wires_.push_back(std::make_unique<test::Relay>(redis_.port()));
      settings.broker = "redis://127.0.0.1:" + std::to_string(wires_.back()->port());
      nodes_.push_back(
          std::make_unique<NodeProcess>(settings, options.folder + "/" + settings.name + ".log"));
      nodes_.back()->start();
    }
    if (!comes([&] { return all_serve(); })) throw std::runtime_error("the nodes do not come up");
    for (std::size_t i = 0; i < options.members; ++i)
      members_.emplace_back(loop_, "m" + std::to_string(i), relay_.port());
  }

  RunResult result() {
    RunResult result;
    pass(1s);
    for (const Action& action : plan(options_.seed, options_.actions, options_.nodes)) {
      ++result.actions[static_cast<std::size_t>(action.kind)];
      befall(action);
    }
    const bool is_settled = comes([&] {
      return all_serve() && std::all_of(members_.begin(), members_.end(),
                                        [](const Member& one) { return one.is_settled(); });
    });
    const Stored stored = read_stored();
    comes([&] {
      return std::all_of(members_.begin(), members_.end(), [&](const Member& one) {
        return std::all_of(stored.begin(), stored.end(), [&](const auto& room) {
          return one.has_reached(room.first, room.second.size());
        });
      });
    });
    std::vector<Record> records;
    for (const Member& member : members_) records.push_back(member.record());
    result.verdict = judge(stored, records);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      for (unsigned times = 0; times < nodes_[i]->crashes(); ++times)
        result.verdict.blame(result.verdict.crashed, "node " + std::to_string(i) + " has crashed");
    }
    if (!is_settled) {
      result.verdict.blame(result.verdict.lost, "the nodes or the members did not settle");
      return result;
    }
    judge_presence(result.verdict);
    return result;
  }

 private:
  bool comes(const std::function<bool()>& holds) {
    for (const auto end = Clock::now() + kPatience; Clock::now() < end;) {
      if (holds()) return true;
      for (const auto& node : nodes_) node->keep_up();
      std::this_thread::sleep_for(kTick);
    }
    return holds();
  }
  bool all_serve() const {
    return std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
      return node->runs() && test::RedisShell(node->port()).is_connected();
    });
  }

  // The members talk for so long.
  void pass(std::chrono::milliseconds time) {
    for (const auto end = Clock::now() + time; Clock::now() < end;) {
      for (Member& member : members_) {
        if (random_() % 100 < kTalkative) member.talk(room_name(random_() % kRooms));
      }
      for (const auto& node : nodes_) node->keep_up();
      std::this_thread::sleep_for(kTick);
    }
  }

  void befall(const Action& action) {
    NodeProcess& node = *nodes_[action.node];
    const std::string number = std::to_string(++actions_);
    // Somebody who is gone before the end, with or without the node.
    auto guest = std::make_unique<Member>(loop_, "guest" + number, relay_.port());
    pass(100ms);
    if (action.renamed) node.rename("node" + std::to_string(action.node) + "-" + number);
    switch (action.kind) {
      case Action::Kind::kill_node:
        node.kill();
        guest.reset();
        pass(action.lasts);
        node.start();
        break;
      case Action::Kind::stop_node:
        node.signal(SIGSTOP);
        guest.reset();
        pass(action.lasts);
        node.signal(SIGCONT);
        break;
      case Action::Kind::end_node:
        node.signal(SIGTERM);
        pass(action.lasts);
        break;
      case Action::Kind::kill_redis:
        redis_.kill();
        pass(action.lasts);
        redis_.start();
        break;
      case Action::Kind::stop_redis:
        redis_.signal(SIGSTOP);
        pass(action.lasts);
        redis_.signal(SIGCONT);
        break;
      case Action::Kind::hold_node:
        wires_[action.node]->hold();
        pass(action.lasts);
        wires_[action.node]->go_on();
        break;
      case Action::Kind::cut_node:
        wires_[action.node]->cut();
        break;
      case Action::Kind::drop_subs:
        redis_.ask("CLIENT KILL TYPE pubsub");
        break;
      case Action::Kind::cut_members:
        relay_.cut();
        break;
    }
    guest.reset();
    pass(action.pause);
  }

  Stored read_stored() const {
    const std::regex message("\"from\":\"([a-z0-9]+)\",\"n\":([0-9]+)");
    const cluster::RedisKeys keys("mf");
    Stored stored;
    for (std::size_t room = 0; room < kRooms; ++room) {
      const std::string name = room_name(room);
      const std::string text =
          redis_.ask("XRANGE \"" + keys.log(cluster::room_log("/ws", name)) + "\" - +");
      auto& messages = stored[name];
      for (std::sregex_iterator found(text.begin(), text.end(), message), end; found != end;
           ++found)
        messages.emplace_back((*found)[1].str(), std::stoll((*found)[2].str()));
    }
    return stored;
  }

  // Who is there, as every node must see it in the end.
  Json expected() const {
    boost::json::object users;
    boost::json::array all;
    for (std::size_t i = 0; i < options_.members; ++i) all.push_back(Json("m" + std::to_string(i)));
    for (const Json& each : all) users[each.as_string()] = 1U;
    for (std::size_t i = 0; i < options_.nodes; ++i) users["judge" + std::to_string(i)] = 1U;
    boost::json::object rooms;
    for (std::size_t room = 0; room < kRooms; ++room) rooms[room_name(room)] = all;
    return {{"users", users}, {"rooms", rooms}};
  }
  void judge_presence(Verdict& verdict) {
    std::deque<Client> judges;
    for (std::size_t i = 0; i < options_.nodes; ++i) {
      ClientOptions options;
      options.token = [i] { return token_of("judge" + std::to_string(i)); };
      judges.emplace_back(loop_, "ws://127.0.0.1:" + std::to_string(ports_[i]) + "/ws", options);
      judges.back().connect();
    }
    const std::string wanted = sorted(expected());
    std::vector<std::string> views(options_.nodes);
    comes([&] {
      std::this_thread::sleep_for(200ms);
      for (std::size_t i = 0; i < options_.nodes; ++i) views[i] = sorted(ask(judges[i]));
      return std::all_of(views.begin(), views.end(),
                         [&](const std::string& view) { return view == wanted; });
    });
    for (std::size_t i = 0; i < options_.nodes; ++i) {
      if (views[i] != wanted)
        verdict.blame(verdict.unequal,
                      "node " + std::to_string(i) + " sees " + views[i] + ", not " + wanted);
    }
  }
  static Json ask(Client& client) {
    const auto answer = std::make_shared<std::promise<Json>>();
    client.send({{"ask", true}})
        .then([answer](const Json& view) { answer->set_value(view); },
              [answer](const ClientError& error) { answer->set_value(Json(error.code())); });
    auto later = answer->get_future();
    if (later.wait_for(10s) != std::future_status::ready) return "not answered";
    return later.get();
  }
  // As text that is the same for the same, whatever the order of the members of objects.
  static std::string sorted(const Json& view) {
    if (!view.is_object()) return to_text(view);
    std::map<std::string, std::string> fields;
    for (const auto& [key, value] : view.as_object()) fields[std::string(key)] = sorted(value);
    std::string text;
    for (const auto& [key, value] : fields) text += key + "=" + value + " ";
    return "{" + text + "}";
  }

  const RunOptions options_;
  std::mt19937_64 random_;
  test::RedisProcess redis_;
  const std::vector<std::uint16_t> ports_;
  test::Relay relay_;
  std::vector<std::unique_ptr<test::Relay>> wires_;  // between each node and Redis
  std::vector<std::unique_ptr<NodeProcess>> nodes_;
  std::size_t actions_ = 0;
  const ClientLoop loop_;
  std::deque<Member> members_;
};

}  // namespace

RunResult run(const RunOptions& options) {
  return Run(options).result();
}

}  // namespace chaos_cluster
