// Site: one endpoint of this node in the cluster. Threading: what Elsewhere has, any thread; the rest,
// the broker's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/counts.hpp"
#include "cluster/directory.hpp"
#include "cluster/dirty_users.hpp"
#include "cluster/node_events.hpp"
#include "cluster/online_roll.hpp"
#include "cluster/open_rooms.hpp"
#include "cluster/outgoing.hpp"
#include "cluster/room_wishes.hpp"
#include "cluster/turns.hpp"
#include "hub/arrivals.hpp"
#include "hub/broker.hpp"
#include "hub/elsewhere.hpp"

namespace microframe::cluster {

class Site final : public hub::Elsewhere {
 public:
  // What the sites of a node share; all of it outlives them.
  struct Shared {
    hub::Broker& broker;
    Turns& turns;
    Outgoing& outgoing;
    Directory& directory;
    Counts& counts;
    NodeEvents& events;
    std::chrono::milliseconds offline_delay;
    std::function<void()> told_soon;  // what has changed is told in a moment; throws std::bad_alloc
    std::function<void(std::function<void()> told)> when_known;  // as Elsewhere has it
  };

  // arrivals: outlives it.
  Site(const Shared& shared, std::string endpoint, hub::Arrivals& arrivals);

  void changed(const std::string& user) noexcept override;

  void broadcast(const base::Frame& frame, const hub::Exclusion& exclusion,
                 std::uint64_t id) override;
  void to_room(std::string_view room, const base::Frame& frame, const hub::Exclusion& exclusion,
               std::uint64_t id) override;
  std::vector<bool> to_users(const std::vector<std::string_view>& users, const base::Frame& frame,
                             std::uint64_t id) override;
  bool join_user(std::string_view user, std::string_view room) override;
  bool leave_user(std::string_view user, std::string_view room) override;
  bool evict(std::string_view user) override;
  std::size_t disconnect(std::string_view user, std::string_view reason) override;

  void open(const std::string& room, const hub::RoomPolicy& policy, std::uint64_t opening) override;
  void close(const std::string& room) noexcept override;
  void append(std::string_view room, const hub::RoomPolicy& policy, const base::Frame& frame,
              const hub::HiddenFrom& hidden, std::string once,
              hub::Broker::Done<hub::Broker::Appended> told) override;

  void history(std::string_view room, const hub::RoomPolicy& policy, std::uint64_t since,
               std::size_t limit, hub::Broker::Done<std::vector<Kept>> told) override;

  std::vector<std::string> nodes() const override { return directory_.nodes(); }
  std::vector<std::string> nodes_of(std::string_view user) const override;
  void letter(std::string_view node, std::string_view bytes) override;
  void after(std::chrono::milliseconds delay, std::function<void()> task) override;
  void when_known(std::function<void()> told) override { when_known_(std::move(told)); }
  void keep_session(std::string_view name, std::string bytes,
                    std::chrono::milliseconds for_time) override;
  void find_session(std::string_view name, bool take,
                    hub::Broker::Done<std::optional<std::string>> found) override;

  std::vector<std::string> users() const override;
  std::size_t devices(std::string_view user) const override;
  std::size_t connections() const override;
  std::vector<std::string> room_members(std::string_view room) const override;
  std::vector<std::string> user_rooms(std::string_view user) const override;
  std::vector<std::string> rooms() const override;
  hub::Presence::Users presence(std::string_view room) const override;

  // --- on the broker's thread
  const std::string& endpoint() const { return endpoint_; }
  hub::Arrivals& arrivals() { return arrivals_; }
  DirtyUsers& dirty() { return dirty_; }
  OpenRooms& open_rooms() { return rooms_; }
  OnlineRoll& roll() { return roll_; }
  // Waits for those who are about to send to users by what the directory said before.
  void await_senders() { const std::unique_lock lock(senders_); }
  // What is done now and then.
  void check();

 private:
  // To every node that has the user.
  // returns: whether there is one.
  bool tell_user(ItemKind kind, std::string_view user, std::string_view text);

  void carry_out_wishes();

  hub::Broker& broker_;
  Turns& turns_;
  Outgoing& outgoing_;
  Directory& directory_;
  hub::Arrivals& arrivals_;
  const std::function<void()> told_soon_;
  const std::function<void(std::function<void()>)> when_known_;
  const std::string endpoint_;
  const std::size_t number_;  // the directory's
  DirtyUsers dirty_;
  RoomWishes wishes_;
  OpenRooms rooms_;
  OnlineRoll roll_;
  // Shared by who looks a user up and sends there, so that a node that knows of a change has sent all
  // that went by what it knew before.
  std::shared_mutex senders_;
};

}  // namespace microframe::cluster
