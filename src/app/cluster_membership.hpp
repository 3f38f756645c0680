// ClusterMembership: a node of a cluster over Redis: its broker, what it is there, and what it is
// told of the others. Threading: as Membership's; the events on the broker's thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/membership.hpp"
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

class ClusterMembership final : public Membership, private cluster::NodeEvents {
 public:
  // As make_membership().
  ClusterMembership(const RedisBroker& broker, const ClusterOptions& options,
                    const std::string& name, ws::Site& site);
  ~ClusterMembership() override;

  hub::Elsewhere& join(const std::string& endpoint, hub::Arrivals& arrivals) override;
  void start() override;
  void end() override;
  void revoke(std::string_view user) override;
  bool is_ready() const override { return node_.is_ready(); }
  std::vector<ClusterNode> nodes() const override;
  Figures figures() const override;

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
