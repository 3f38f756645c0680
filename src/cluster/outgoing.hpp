// Outgoing: what this node says to others, numbered. What goes to other nodes' inboxes in one turn of
// the timeline goes in one message a node, and always ahead of what is published after it. Threading:
// any thread; what one thread says is heard in that order.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/mutex.hpp"
#include "cluster/bus_message.hpp"
#include "cluster/turns.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class Outgoing {
 public:
  // broker, turns: outlive it.
  Outgoing(hub::Broker& broker, Turns& turns, std::string node, std::uint64_t incarnation);

  void publish(std::string topic, ItemKind kind, std::string_view body);
  void to_node(std::string_view node, ItemKind kind, std::string_view body);
  // Publishes what waits for inboxes.
  void flush();
  // Appends to a log behind all that was said before.
  void append(hub::Broker::Append what, hub::Broker::Done<hub::Broker::Appended> told);

  const std::string& node() const { return node_; }
  std::uint64_t incarnation() const { return incarnation_; }
  std::uint64_t messages() const { return messages_.load(std::memory_order_relaxed); }
  // Which no node has heard, because the broker could not be reached.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  // An inbox that waits for so many bytes waits no longer.
  static constexpr std::size_t kInboxBytesMax = 256 * 1024;

  void publish_locked(std::string topic, BusWriter&& message) MICROFRAME_REQUIRES(order_);
  void flush_locked() MICROFRAME_REQUIRES(order_);

  hub::Broker& broker_;
  Turns& turns_;
  const std::string node_;
  const std::uint64_t incarnation_;

  // Held while the broker is called: sequence numbers are heard in order.
  base::Mutex order_;
  std::uint64_t sequence_ MICROFRAME_GUARDED_BY(order_) = 0;
  std::map<std::string, BusWriter, std::less<>> inboxes_ MICROFRAME_GUARDED_BY(order_);
  std::atomic<std::uint64_t> messages_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace microframe::cluster
