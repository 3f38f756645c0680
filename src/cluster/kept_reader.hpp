// KeptReader: reads what a room keeps out of its log, which may hold more: it is cut in steps, and ages as
// a whole. Threading: the broker's thread. Lives by what it has asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hub/broker.hpp"
#include "hub/elsewhere.hpp"
#include "hub/room_policy.hpp"

namespace microframe::cluster {

class KeptReader : public std::enable_shared_from_this<KeptReader> {
 public:
  using Kept = hub::Elsewhere::Kept;
  using Told = hub::Broker::Done<std::vector<Kept>>;

  // broker: outlives what it is asked.
  KeptReader(hub::Broker& broker, std::string log, const hub::RoomPolicy& policy, std::size_t limit,
             Told told);

  // from: the first offset that is wanted.
  void read(std::uint64_t from);

 private:
  void take(const hub::Broker::Page& page);
  bool is_kept(const hub::Broker::Page& page, const hub::Broker::Entry& entry) const;

  hub::Broker& broker_;
  const std::string log_;
  const hub::RoomPolicy policy_;
  const std::size_t limit_;
  const Told told_;
  std::vector<Kept> kept_;
};

}  // namespace microframe::cluster
