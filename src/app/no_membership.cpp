// In place of cluster_membership.cpp, where the library is built without the cluster.
#include "app/membership.hpp"
#include "microframe/config_error.hpp"

namespace microframe::app {

std::unique_ptr<Membership> make_membership(const RedisBroker&, const ClusterOptions&,
                                            const std::string&, ws::Site&) {
  throw ConfigError(
      "Application::cluster: this microframe was built without it: build it with "
      "-DMICROFRAME_CLUSTER=ON");
}

}  // namespace microframe::app
