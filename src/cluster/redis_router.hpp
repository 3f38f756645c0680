// RedisRouter: the servers that have the partitions. It finds and connects them, sends each request
// to the one that has its partition, follows where a partition has moved, and connects again after
// a loss, with growing pauses. Threading: its loop's.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/redis_keys.hpp"
#include "cluster/redis_locator.hpp"
#include "cluster/redis_request.hpp"
#include "cluster/redis_server.hpp"

namespace microframe::cluster {

class RedisRouter final : private RedisServer::Events {
 public:
  using Request = std::shared_ptr<RedisRequest>;
  enum class State : std::uint8_t {
    starting,  // never was up, and has not failed either
    up,        // every partition has its server, and every subscription is in force
    away,
  };
  static constexpr std::chrono::milliseconds kPauseMin{50};
  static constexpr std::chrono::milliseconds kPauseMax{5'000};
  // How long a request waits for its server, before it is sent.
  static constexpr std::chrono::milliseconds kHoldMax{1'000};

  class Events {
   public:
    // The server has come, or has got partitions: what belongs to it must be subscribed to, and
    // then settled() called.
    virtual void on_server(RedisServer& server) = 0;
    virtual void on_server_gone(RedisServer& server) = 0;
    virtual void on_push(RedisServer& server, RedisReply& push) = 0;
    virtual void on_state(State before, State now) = 0;

   protected:
    ~Events() = default;
  };

  // All outlive the router.
  RedisRouter(net::Loop& loop, const RedisUrl& url, const RedisAccess& access, RedisCounts& counts,
              Events& events);
  ~RedisRouter();

  void start() { locate(); }
  // Ends at once, and tells nothing more but that answers are lost.
  void close();

  State state() const { return state_; }
  bool is_cluster() const { return url_.kind == RedisUrl::Kind::cluster; }
  // The server of a partition; nullptr while it is not up.
  RedisServer* server_of(unsigned partition) const;
  // Whether a request may wait for its server to come. One that was lost is mostly back in a moment,
  // but for one that has been away for long nobody waits.
  bool may_wait() const;
  void send(Request request);
  // What is subscribed to on this server is in force.
  void settled(RedisServer& server);
  // A subscription was ended because its partition has moved.
  void subscriptions_moved();
  // Takes note of an error that an answer was: where a partition is, or that a server is none to
  // write to.
  void note(const std::string& error, RedisServer& from);
  // The server at this address, as note_ask() named it; nullptr if it is not up.
  RedisServer* server_at(const std::string& name) const;
  static std::string name_of(const net::Address& address);

 private:
  // Its server, and whether everything that is wanted there is in force.
  struct Place {
    std::shared_ptr<RedisServer> server;
    bool is_settled = false;
  };

  void locate();
  void located(base::Result<RedisMap, std::string> found);
  void locate_after_failure();
  void locate_after(std::chrono::milliseconds pause);
  RedisServer& connect(const net::Address& address);
  void drop(const std::string& name);
  void set_state(State state);
  void consider();
  void hold(Request request);
  void send_held();
  void transmit(RedisServer& server, const Request& request);
  void answered(const Request& request, RedisReply& reply, const std::string& from);
  bool follow(const Request& request, const RedisReply& reply, const std::string& from);
  static void lose(const Request& request);
  void on_server_up(RedisServer& server) override;
  void on_server_down(RedisServer& server, const std::string& why) override;
  void on_push(RedisServer& server, RedisReply& push) override { events_.on_push(server, push); }

  net::Loop& loop_;
  const RedisUrl& url_;
  const RedisAccess& access_;
  RedisCounts& counts_;
  Events& events_;
  State state_ = State::starting;
  RedisLocator locator_;
  std::map<std::string, Place> places_;
  std::array<std::string, RedisKeys::kPartitions> owner_;  // its name among places_; "": not known
  std::vector<Request> held_;
  unsigned failures_ = 0;  // in a row
  std::uint64_t up_since_ms_ = 0;
  std::uint64_t away_since_ms_ = 0;
  bool pauses_ = false;  // locate() is due
  bool send_held_due_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace microframe::cluster
