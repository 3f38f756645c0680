// RedisAppends: what is to be appended to logs, many messages to a script. Messages to one log are
// appended in the order given, also where a script must be sent again. Threading: the router's
// loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/redis_router.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class RedisAppends {
 public:
  using Append = hub::Broker::Append;
  using Done = hub::Broker::Done<hub::Broker::Appended>;

  static constexpr std::size_t kBatchMax = 64;
  static constexpr std::size_t kBatchBytesMax = std::size_t{256} << 10;
  // So many scripts are under way at once; then messages gather for the next.
  static constexpr std::size_t kUnderWayMax = 8;
  // Logs whose epoch is remembered.
  static constexpr std::size_t kHintsMax = 65'536;

  // All outlive it.
  RedisAppends(net::Loop& loop, const RedisKeys& keys, RedisRouter& router, RedisCounts& counts);
  ~RedisAppends();

  void add(Append what, Done done);
  // Sends what has gathered, because something else follows.
  void flush();

  // What stands before a message in its log.
  struct Header {
    std::uint64_t tag;
    std::uint64_t age_max_ms;
    std::uint32_t kept_max;
  };
  static constexpr std::size_t kHeaderBytes = 20;
  static std::string encode(const Header& header);
  // message: kHeaderBytes long at least.
  static Header decode(std::string_view message);

 private:
  struct Batch;
  struct Lane;
  // The epoch that a log had when it was last appended to, and when its end was last put off.
  struct Hint {
    std::uint64_t epoch = 0;
    std::uint64_t expires_set_ms = 0;
  };

  Lane& lane_of(unsigned partition);
  void write(Batch& batch, const Append& what);
  void flush(Lane& lane);
  void flush_durable(Lane& lane);
  void submit(Lane& lane, std::shared_ptr<Batch> batch);
  void send(Lane& lane, const std::shared_ptr<Batch>& batch);
  void answered(Lane& lane, const std::shared_ptr<Batch>& batch, const RedisReply& reply);
  bool may_be_redone(const Batch& batch, const RedisReply& reply) const;
  void redo(Lane& lane);
  void settle(const Batch& batch, const RedisReply& reply, bool is_durable);
  void settle_one(const Batch& batch, std::size_t number, const RedisReply& reply, bool is_durable);
  void remember(const std::string& log, std::uint64_t epoch);

  net::Loop& loop_;
  const RedisKeys& keys_;
  RedisRouter& router_;
  RedisCounts& counts_;
  std::map<unsigned, std::unique_ptr<Lane>> lanes_;  // one; in a cluster, one a partition
  std::unordered_map<std::string, Hint> hints_;
  std::mt19937_64 random_;
  std::uint64_t batches_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace microframe::cluster
