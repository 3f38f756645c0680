// RedisSubscriptions: the channels that a broker listens to, each on the server that has its
// partition, and made again wherever they end. Threading: the router's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cluster/redis_router.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class RedisSubscriptions {
 public:
  using Done = hub::Broker::Done<hub::Broker::Nothing>;

  // router: outlives it.
  explicit RedisSubscriptions(RedisRouter& router) : router_(router) {}

  // Every done is called once, unless close() comes first.
  void subscribe(const std::string& channel, Done done);
  void unsubscribe(const std::string& channel);
  bool is_wanted(std::string_view channel) const {
    return channels_.contains(std::string(channel));
  }

  // Asks for what this server must have and has not, and tells the router once it has.
  void restore(RedisServer& server);
  // What this server had must be asked for again.
  void forget(RedisServer& server);
  // Nobody could be reached: who waits is told so.
  void give_up_waiting();
  // Redis has ended it, unasked.
  void ended(const std::string& channel);
  void close() { channels_.clear(); }

 private:
  enum class State : std::uint8_t { wanted, asked, in_force };
  struct Channel {
    State state = State::wanted;
    RedisServer* server = nullptr;  // asked, or in force there
    std::uint64_t question = 0;     // the last that was asked
    std::vector<Done> waiting;
  };

  void ask(const std::string& name, Channel& channel, RedisServer& server);
  void answered(const std::string& name, std::uint64_t question, const RedisReply& reply);
  static void tell(Channel& channel,
                   const base::Result<hub::Broker::Nothing, hub::Broker::Failure>& result);

  RedisRouter& router_;
  std::unordered_map<std::string, Channel> channels_;
  std::uint64_t questions_ = 0;
};

}  // namespace microframe::cluster
