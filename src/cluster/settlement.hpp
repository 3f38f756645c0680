// Settlement: sees to the users of nodes that have ended: one of the others takes them off the rolls,
// and tells of those who are nowhere then. The others look a while later, because that one may have
// died of the same; each user is told of once all the same. What fails is asked again. Threading: the
// broker's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/site.hpp"
#include "cluster/turns.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class Settlement {
 public:
  using Sites = std::vector<std::unique_ptr<Site>>;

  // Whether the node is there after all.
  using IsBack = std::function<bool(const std::string& node, std::uint64_t incarnation)>;

  // All but is_back outlive it.
  Settlement(hub::Broker& broker, Turns& turns, const Sites& sites, IsBack is_back)
      : broker_(broker), turns_(turns), sites_(sites), is_back_(std::move(is_back)) {}

  // The incarnation of a node has ended: the node that is the first to say so sees to it.
  void settle(const std::string& node, std::uint64_t incarnation);
  // Asks again for what has failed.
  void check();

 private:
  void strike(const std::string& node, std::uint64_t incarnation);
  // entry: the node, as it stands on the roll.
  void strike(Site& site, const std::string& entry);

  hub::Broker& broker_;
  Turns& turns_;
  const Sites& sites_;
  const IsBack is_back_;
  std::vector<std::function<void()>> failed_;
};

}  // namespace microframe::cluster
