// Teller: tells the other nodes of this node's users: what has changed, numbered, and the whole to a
// node that asks. Threading: the broker's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/outgoing.hpp"
#include "cluster/site.hpp"

namespace microframe::cluster {

class Teller {
 public:
  using Sites = std::vector<std::unique_ptr<Site>>;

  // Both outlive it.
  Teller(Outgoing& outgoing, const Sites& sites) : outgoing_(outgoing), sites_(sites) {}

  // Tells what has changed since the last time.
  void tell();
  // Says that this node lives, and how far it has told: to all, or to one node.
  void beat();
  void beat_to(std::string_view node);
  void tell_whole(std::string_view node);

 private:
  void tell(Site& site);
  // Calls send(body) for the records of so many users at a time.
  void in_parts(Site& site, const std::vector<std::string>& users,
                const std::function<std::uint64_t()>& number,
                const std::function<void(const std::string& body)>& send);

  Outgoing& outgoing_;
  const Sites& sites_;
  std::uint64_t number_ = 0;  // of the last changes that were told
};

}  // namespace microframe::cluster
