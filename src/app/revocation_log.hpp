// RevocationLog: which users' tokens are no longer good, as a log that all nodes of a cluster follow,
// and that a node which comes later reads. Threading: any thread; what the log tells, on the broker's.
#pragma once

#include <string_view>
#include <vector>

#include "cluster/node.hpp"
#include "hub/arrivals.hpp"
#include "hub/elsewhere.hpp"
#include "hub/room_policy.hpp"
#include "ws/site.hpp"

namespace microframe::app {

class RevocationLog final : private hub::Arrivals {
 public:
  // Both outlive it. Before the node starts.
  RevocationLog(ws::Site& site, cluster::Node& node);

  // From here on this node hears of every revocation.
  void follow();
  // The user's tokens from before now are no longer good.
  void append(std::string_view user);

 private:
  // hub::Arrivals: a log has messages and nothing else.
  void arrived(const hub::Parcel&) override {}
  void arrived_in(std::string_view, const hub::Parcel&) override {}
  void arrived_for(const std::vector<std::string_view>&, const hub::Parcel&) override {}
  void opened(std::string_view, std::uint64_t, hub::Presence::Users) override {}
  void presence_changed(std::string_view, const hub::Presence::Users&,
                        const hub::Presence::Users&) override {}
  void appended(std::string_view room, hub::Broker::Position position,
                std::chrono::milliseconds age, const hub::Parcel& parcel) override;
  void log_moved(std::string_view, hub::Broker::Position) override {}
  void join_here(std::string_view, std::string_view) override {}
  void leave_here(std::string_view, std::string_view) override {}
  void evict_here(std::string_view) override {}
  void disconnect_here(std::string_view, std::string_view) override {}
  void letter(std::string_view, std::string_view) override {}
  hub::UserRecord record(std::string_view) override { return {}; }
  std::vector<std::string> users_here() override { return {}; }

  ws::Site& site_;
  hub::Elsewhere& others_;
};

}  // namespace microframe::app
