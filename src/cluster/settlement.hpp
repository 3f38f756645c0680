// Settlement: sees to the users of nodes that have ended: one of the others takes them off the rolls,
// and tells of those who are nowhere then. What fails is asked again. Threading: the broker's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/site.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class Settlement {
 public:
  using Sites = std::vector<std::unique_ptr<Site>>;

  // Both outlive it.
  Settlement(hub::Broker& broker, const Sites& sites) : broker_(broker), sites_(sites) {}

  // The incarnation of a node has ended: the node that is the first to say so sees to it.
  void settle(const std::string& node, std::uint64_t incarnation);
  // Asks again for what has failed.
  void check();

 private:
  // entry: the node, as it stands on the roll.
  void strike(Site& site, const std::string& entry);

  hub::Broker& broker_;
  const Sites& sites_;
  std::vector<std::function<void()>> failed_;
};

}  // namespace microframe::cluster
