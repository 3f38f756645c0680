// RedisServer: one Redis, and this process's connections to it: one for commands, one for
// subscriptions, and one more for appends that wait for a replica, once there are any (WAIT holds up
// a connection). The connections live and end together; nothing is connected again. Threading: its
// loop's. It may not be destroyed from inside its own callbacks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/timer_wheel.hpp"
#include "cluster/redis_connection.hpp"
#include "cluster/redis_script.hpp"

namespace microframe::cluster {

class RedisServer final : private base::TimerNode {
 public:
  using Answer = RedisConnection::Answer;
  // Both connections are asked for a sign of life so often, so that a Redis that hangs is noticed
  // within 5 s.
  static constexpr std::chrono::milliseconds kPingEvery{2'500};

  class Events {
   public:
    virtual void on_server_up(RedisServer& server) = 0;
    // Told once; nothing follows. All who waited have been told that their answers are lost.
    virtual void on_server_down(RedisServer& server, const std::string& why) = 0;
    virtual void on_push(RedisServer& server, RedisReply& push) = 0;

   protected:
    ~Events() = default;
  };

  // Begins to connect. access, counts and events outlive the server.
  RedisServer(net::Loop& loop, net::Address address, const RedisAccess& access, RedisCounts& counts,
              Events& events);
  ~RedisServer() override;

  const net::Address& address() const { return address_; }
  bool is_up() const { return state_ == State::up; }
  // Whether the script must be sent whole, which counts as done then. One that another node brings
  // meanwhile would let a later message overtake an earlier one, which Redis did not understand yet.
  bool must_learn(const RedisScript& script) { return scripts_.insert(&script).second; }
  // What is sent while it is down is lost.
  void send(std::string_view command, Answer answer);
  // A command, and then a wait for a replica. replicated: the number of replicas that have it.
  using ReplicatedAnswer = std::function<void(RedisReply&, long long replicated)>;
  void send_durable(std::string command, ReplicatedAnswer answer);
  void subscribe(std::string_view command, Answer answer);
  void unsubscribe(std::string_view command, std::string channel);
  // Ends it, without on_server_down.
  void close();
  // As if a connection had been lost.
  void give_up(const std::string& why) { lose(why); }

 private:
  enum class State : std::uint8_t { connecting, up, closed };
  // What one of the connections tells.
  class Line final : public RedisConnection::Events {
   public:
    explicit Line(RedisServer& server) : server_(server) {}
    void on_ready() override { server_.connection_ready(); }
    void on_push(RedisReply& push) override { server_.events_.on_push(server_, push); }
    void on_lost(const std::string& why) override { server_.lose(why); }

   private:
    RedisServer& server_;
  };
  struct Durable {
    std::string command;
    ReplicatedAnswer answer;
    RedisReply reply;
  };

  void connection_ready();
  void become_up();
  void lose(const std::string& why);
  void on_deadline(std::uint64_t now_ms) override;
  void send_next_durable();

  net::Loop& loop_;
  const net::Address address_;
  const RedisAccess& access_;
  RedisCounts& counts_;
  Events& events_;
  State state_ = State::connecting;
  std::set<const RedisScript*> scripts_;  // that it has been sent
  Line line_{*this};
  RedisConnection commands_;
  RedisConnection subscriptions_;
  std::unique_ptr<RedisConnection> replicated_;  // for WAIT
  std::vector<Durable> durable_;                 // what waits for those under way
  bool waits_ = false;                           // some are under way
};

}  // namespace microframe::cluster
