// Membership: this process as a node of a cluster, as the server sees it. Threading: made and started
// by one thread; then any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/counts.hpp"
#include "cluster/directory.hpp"
#include "cluster/redis_counts.hpp"
#include "hub/arrivals.hpp"
#include "hub/elsewhere.hpp"
#include "microframe/cluster_options.hpp"
#include "microframe/redis_broker.hpp"
#include "ws/site.hpp"

namespace microframe::app {

class Membership {
 public:
  // For metrics.
  struct Figures {
    std::size_t others;   // nodes
    std::size_t unheard;  // of them, those of whose users not all is known
    cluster::Directory::Size directory;
    std::uint64_t messages_out;
    const cluster::Counts& node;
    const cluster::RedisCounts& broker;
  };

  virtual ~Membership() = default;

  // An endpoint of the site joins. Before start(). arrivals: outlives it.
  virtual hub::Elsewhere& join(const std::string& endpoint, hub::Arrivals& arrivals) = 0;
  // Waits until the node has its name and hears the others.
  // errors: ConfigError if it does not come to that.
  virtual void start() = 0;
  // Says good-bye to the others, when no device is left, and ends. Nothing is called any more.
  virtual void end() = 0;

  // The user's tokens from before now are no longer good: on all nodes, those too that come later.
  virtual void revoke(std::string_view user) = 0;

  virtual bool is_ready() const = 0;
  virtual std::vector<ClusterNode> nodes() const = 0;
  virtual Figures figures() const = 0;
};

// name: of the node, where the options have none. site: outlives the membership.
// errors: ConfigError for options that cannot be, and if the library was built without the cluster.
std::unique_ptr<Membership> make_membership(const RedisBroker& broker,
                                            const ClusterOptions& options, const std::string& name,
                                            ws::Site& site);

}  // namespace microframe::app
