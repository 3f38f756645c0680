// Membership: this process as a node of a cluster: its broker, what it is there, and what it is told
// of the others. Threading: made and started by one thread; then any, and the events on the broker's
// thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/revocation_log.hpp"
#include "cluster/node.hpp"
#include "cluster/node_events.hpp"
#include "cluster/redis_client.hpp"
#include "hub/arrivals.hpp"
#include "hub/elsewhere.hpp"
#include "microframe/cluster_options.hpp"
#include "microframe/redis_broker.hpp"
#include "ws/site.hpp"

namespace microframe::app {

class Membership final : private cluster::NodeEvents {
 public:
  // name: of the node, where the options have none. site: outlives it.
  // errors: ConfigError for options that cannot be.
  Membership(const RedisBroker& broker, const ClusterOptions& options, const std::string& name,
             ws::Site& site);
  ~Membership();

  // An endpoint of the site joins. Before start(). arrivals: outlives it.
  hub::Elsewhere& join(const std::string& endpoint, hub::Arrivals& arrivals);
  // Waits until the node has its name and hears the others.
  // errors: ConfigError if it does not come to that.
  void start();
  // Says good-bye to the others, when no device is left, and ends. Nothing is called any more.
  void end();

  // The user's tokens from before now are no longer good: on all nodes, those too that come later.
  void revoke(std::string_view user);

  bool is_ready() const { return node_.is_ready(); }
  std::vector<ClusterNode> nodes() const;
  const cluster::Node& node() const { return node_; }
  const cluster::RedisCounts& broker_counts() const { return broker_.counts(); }

 private:
  // cluster::NodeEvents
  void started() override;
  void refused(const std::string& why) override;
  void user_online(std::string_view endpoint, const std::string& user) override;
  void user_offline(std::string_view endpoint, const std::string& user) override;

  // Waits for a Redis that is just starting.
  void check_broker() const;
  ws::Endpoint* endpoint(std::string_view path) const;

  ws::Site& site_;
  const RedisBroker settings_;
  cluster::RedisClient broker_;
  cluster::Node node_;
  RevocationLog revocations_;
  std::mutex mutex_;
  std::condition_variable told_;
  bool started_ = false;
  std::optional<std::string> refused_;
  bool has_begun_ = false;
  bool over_ = false;
};

}  // namespace microframe::app
