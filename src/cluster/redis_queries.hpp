// RedisQueries: what is asked of logs, notes and rolls, but for appends: each a command or a script,
// and the reading of its answer. Threading: the router's loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/redis_router.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class RedisQueries {
 public:
  using Broker = hub::Broker;
  template <class T>
  using Done = Broker::Done<T>;

  // All outlive it.
  RedisQueries(net::Loop& loop, const RedisKeys& keys, RedisRouter& router, RedisCounts& counts)
      : loop_(loop), keys_(keys), router_(router), counts_(counts) {}

  // weight: taken from RedisCounts::bytes_waiting once it is answered.
  void publish(const std::string& topic, const std::string& bytes, std::size_t weight);
  void read(const std::string& log, std::uint64_t from, std::size_t limit, Done<Broker::Page> done);
  void positions(const std::vector<std::string>& logs, Done<std::vector<Broker::Position>> done);
  void renew(const std::string& log, std::uint64_t epoch, Done<Broker::Position> done);

  void put(const std::string& name, const std::string& bytes, std::chrono::milliseconds for_time,
           bool if_absent, Done<bool> done);
  void get(const std::vector<std::string>& names,
           Done<std::vector<std::optional<std::string>>> done);
  void take(const std::string& name, Done<std::optional<std::string>> done);

  void enter(const std::string& roll, const std::string& name, const std::string& node,
             Done<bool> done);
  void leave(const std::string& roll, const std::string& name, const std::string& node,
             Done<bool> done);
  void strike(const std::string& roll, const std::string& node,
              Done<std::vector<std::string>> done);

  // Of the answer to RedisScript::read(); nullopt: it has another form.
  static std::optional<Broker::Page> read_page(const RedisReply& reply);

 private:
  struct Strike;
  using Answer = RedisConnection::Answer;

  void send(unsigned partition, RedisArguments arguments, Answer answer,
            const RedisScript* script = nullptr,
            RedisRequest::Manner manner = RedisRequest::Manner::follow);
  void ask_roll(const RedisScript& script, const std::string& roll, const std::string& name,
                const std::string& node, Done<bool> done);
  void strike_partition(const std::shared_ptr<Strike>& strike, unsigned partition,
                        const std::string& cursor);
  void strike_ended(const std::shared_ptr<Strike>& strike);

  net::Loop& loop_;
  const RedisKeys& keys_;
  RedisRouter& router_;
  RedisCounts& counts_;
};

}  // namespace microframe::cluster
