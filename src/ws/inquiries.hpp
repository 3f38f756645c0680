// Inquiries: messages that a user's devices on other nodes must acknowledge, as one endpoint does both
// sides of it: one node asks another, which asks its devices and tells what they have answered.
// Threading: any thread; who asked is told on the broker's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "base/wire.hpp"
#include "hub/elsewhere.hpp"
#include "hub/hub.hpp"
#include "microframe/json.hpp"
#include "microframe/ws/ack.hpp"
#include "ws/gather.hpp"

namespace microframe::ws {

class Inquiries {
 public:
  // Questions that wait at once; past it, nobody elsewhere is asked.
  static constexpr std::size_t kMax = 16'384;
  // How much longer a node may take to answer than its devices.
  static constexpr std::chrono::milliseconds kGrace{1'000};

  // Both outlive it.
  Inquiries(hub::Hub& hub, hub::Elsewhere& elsewhere) : hub_(hub), elsewhere_(elsewhere) {}

  // The nodes that have devices of the user.
  std::vector<std::string> nodes_of(std::string_view user) const {
    return elsewhere_.nodes_of(user);
  }
  // message: JSON.
  // told: once; a node that has not answered in time is one answer, timed_out, without a device.
  using Told = std::function<void(Gather<Ack>::Answers&& answers)>;
  void ask(const std::string& node, std::string_view user, std::string_view message,
           std::chrono::milliseconds timeout, const Told& told);
  // Nobody answers any more: the node has stopped.
  void end();

  // As Arrivals has it. head: read already.
  void asked(std::string_view node, std::uint64_t number, base::WireReader& letter);
  void answered(std::uint64_t number, base::WireReader& letter);

 private:
  std::optional<std::uint64_t> add(const Told& told);
  void settle(std::uint64_t number, Gather<Ack>::Answers&& answers);

  hub::Hub& hub_;
  hub::Elsewhere& elsewhere_;
  base::Mutex mutex_;
  std::uint64_t number_ MICROFRAME_GUARDED_BY(mutex_) = 0;
  std::map<std::uint64_t, Told> waiting_ MICROFRAME_GUARDED_BY(mutex_);
};

}  // namespace microframe::ws
