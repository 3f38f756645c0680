// Endpoint: one route while the application serves: its hooks, who may connect, its users and
// rooms. Threading: immutable except for the hub, which has its own locks; shared by all loops.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shedding.hpp"
#include "hub/everywhere.hpp"
#include "hub/hub.hpp"
#include "hub/inbound.hpp"
#include "hub/surroundings.hpp"
#include "microframe/detail/route_parts.hpp"
#include "microframe/limits.hpp"
#include "ws/access.hpp"
#include "ws/hook_runner.hpp"
#include "ws/inquiries.hpp"
#include "ws/moves.hpp"

namespace microframe::ws {

struct Counts;
struct Registries;
class RoomRules;
struct SessionCounts;
enum class Forms : std::uint8_t;

class Endpoint final : private hub::Surroundings {
 public:
  // errors: ConfigError for a path without '/', or a key that does not fit.
  explicit Endpoint(detail::RouteParts route);

  // Makes the hub, and lets the application's object speak through it. Once, before the first
  // connection. All that is referred to outlives the endpoint's last use.
  // join: makes the endpoint one of a cluster; empty: this node is alone.
  using Join = std::function<hub::Elsewhere&(const std::string& endpoint, hub::Arrivals& arrivals)>;
  void open(std::vector<hub::LoopPort*> loops, const Limits& limits, const RoomRules& rooms,
            Registries& registries, Counts& counts, const Join& join = {});

  const std::string& path() const { return route_.path; }
  const detail::Hooks& hooks() const { return route_.hooks; }
  void* handler() const { return route_.handler; }
  // What a connection's HookRunner runs.
  const HookTarget& hook_target() const { return hook_target_; }
  const Access& access() const { return access_; }
  bool refuses_by_http() const {
    return access_.authenticator().refusal() == authx::AuthRefusal::http;
  }
  // How sessions come from other nodes, and go there; nullptr where there are none.
  Moves* moves() const { return moves_.get(); }
  // What is asked of devices on other nodes; nullptr where there are none.
  Inquiries* inquiries() const { return inquiries_.get(); }
  // The users and rooms of this node.
  hub::Hub& hub() const;
  // Those of all nodes.
  hub::Everywhere& everywhere() const;
  // Runs on_user_online or on_user_offline, if there is such a hook, in order per user. With other nodes
  // the hub does not call for it, because a user may be elsewhere too. Any thread.
  void tell_user_online(const std::string& user);
  void tell_user_offline(const std::string& user);
  // What may become of a frame sent to `room` where the frame waits for a slow member. key: what the
  // message is about (ws::Key).
  base::Shedding shedding(std::string_view room, std::string_view key) const;
  // Counts a join that a limit refused; passes `result` on. who: the device's address, or the user.
  JoinResult count(JoinResult result, std::string_view who) const;

  // The subprotocol to answer (RFC 6455 §4.2.2), "" for none. One that carries a token is chosen
  // only if it was the only one offered, because browsers fail a handshake that selects none of
  // theirs.
  std::string_view choose_subprotocol(const std::vector<std::string_view>& offered) const;

  // A frame for whoever receives it: enveloped too while the endpoint has sessions.
  base::Frame for_all(const Content& message) const;
  SessionCounts& session_counts() const;
  bool has_sessions() const { return sessions_.load(std::memory_order_relaxed) != 0; }
  std::size_t sessions() const { return sessions_.load(std::memory_order_relaxed); }
  void count_session(bool begins) {
    sessions_.fetch_add(begins ? 1 : static_cast<std::size_t>(-1), std::memory_order_relaxed);
  }

  // The hooks found, by name, for the line at start: "on_connect on_message".
  std::string hook_names() const;

 private:
  // hub::Surroundings
  hub::RoomPolicy policy(std::string_view room) const override;
  std::uint64_t now_ms() const override;
  std::string new_epoch() override;
  base::ByteBudget* history_budget() override;
  base::Frame frame_of(const hub::Parcel& parcel, std::string_view room,
                       std::optional<std::uint64_t> offset) const override;
  base::Frame moved_frame(std::string_view room, std::string_view epoch,
                          std::uint64_t offset) const override;
  base::Frame presence_frame(std::string_view room, const hub::Presence::Users& joins,
                             const hub::Presence::Users& leaves) const override;
  void user_online(const std::string& user) override;
  void user_offline(const std::string& user) override;
  void read_letter(std::string_view node, std::string_view bytes);
  Forms forms_for_all() const;
  void post_user_event(detail::Hooks::UserEvent hook, const char* name, const std::string& user);
  void run_user_event(detail::Hooks::UserEvent hook, const char* name,
                      const std::string& user) const;

  detail::RouteParts route_;
  Access access_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<hub::Everywhere> everywhere_;
  std::unique_ptr<hub::Inbound> inbound_;
  std::unique_ptr<Moves> moves_;
  std::unique_ptr<Inquiries> inquiries_;
  HookTarget hook_target_;
  // Once open:
  const RoomRules* rooms_ = nullptr;
  std::size_t history_bytes_usual_ = 0;  // of a room whose options name none
  Registries* registries_ = nullptr;
  Counts* counts_ = nullptr;
  std::vector<hub::LoopPort*> loops_;
  std::atomic<std::size_t> sessions_{0};
};

}  // namespace microframe::ws
