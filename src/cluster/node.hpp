// Node: this process in the cluster: its name, its endpoints, and what it hears from the other nodes.
// It has no thread, socket or clock of its own. Threading: what is not marked otherwise, any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/bus_message.hpp"
#include "cluster/counts.hpp"
#include "cluster/directory.hpp"
#include "cluster/hearing.hpp"
#include "cluster/known_calls.hpp"
#include "cluster/lease.hpp"
#include "cluster/node_events.hpp"
#include "cluster/outgoing.hpp"
#include "cluster/settlement.hpp"
#include "cluster/site.hpp"
#include "cluster/teller.hpp"
#include "cluster/timeline.hpp"
#include "cluster/turns.hpp"
#include "hub/arrivals.hpp"
#include "hub/broker.hpp"

namespace microframe::cluster {

class Node final : private hub::Broker::Listener {
 public:
  struct Settings {
    Settings() = default;

    std::string name;               // of 64 bytes at most, printable, without a space
    std::uint64_t incarnation = 0;  // random; another one at each start
    std::chrono::milliseconds offline_delay{5000};
  };
  // The node is ready if a probe has come back that is no older.
  static constexpr std::chrono::milliseconds kProbeMax{3000};  // one a second, and two to come back

  // broker: not started. timeline: the broker's own thread. All of them outlive the node.
  // errors: ConfigError that says what is wrong with the name.
  Node(hub::Broker& broker, Timeline& timeline, NodeEvents& events, Settings settings);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node();

  // Before start(). arrivals: outlives the node.
  // errors: ConfigError if the endpoint cannot be named in a cluster, or is there already.
  Site& add_site(std::string endpoint, hub::Arrivals& arrivals);
  // Starts the broker; NodeEvents says what came of it.
  void start();
  // Says good-bye and gives the name up. Before stop(), after the last member has gone.
  // done: on the broker's thread, within a broker's patience.
  void leave(std::function<void()> done);
  // Stops the broker: nothing is called any more. Not on the broker's thread.
  void stop();

  struct Other {
    std::string name;
    std::optional<std::uint64_t> heard_ms_ago;  // nullopt: not yet
    bool known = false;                         // whether all that it has told is here
  };
  std::vector<Other> others() const;
  // How long ago the last probe came back; nullopt: none has.
  std::optional<std::uint64_t> probe_ms_ago() const;
  bool is_ready() const;

  const Counts& counts() const { return counts_; }
  Directory::Size directory_size() const { return directory_.size(); }
  std::uint64_t messages_out() const { return outgoing_.messages(); }
  std::uint64_t messages_dropped() const { return outgoing_.dropped(); }

 private:
  enum class State : std::uint8_t { idle, claiming, joining, joined, leaving, refused };

  // hub::Broker::Listener
  void on_message(std::string_view topic, std::string_view bytes) override;
  void on_entry(std::string_view log, std::uint64_t epoch,
                const hub::Broker::Entry& entry) override;
  void on_interrupted() override;
  void on_restored() override;

  // --- all on the broker's thread
  void claimed(bool is_ours);
  void subscribe_all();
  void joined();
  void tick();
  void renew();
  void renewed(const Lease::Found& found);
  void probe();
  void refuse();
  void tell_soon();

  void hear(const BusHeader& from, const BusReader::Item& item);
  void hear_directory(const BusHeader& from, ItemKind kind, std::string_view body);
  void hear_for_site(ItemKind kind, std::string_view body);
  void hear_of_user(ItemKind kind, std::string_view body);
  void hear_letter(std::string_view from, std::string_view body);
  void answer_known(std::string_view from, std::string_view body);
  void when_known(std::function<void()> told);
  // Of those who are said to leave a room, the devices that are there elsewhere stay.
  void keep_moved(Directory::Heard::Change& change) const;
  void heard(const BusHeader& from, const Directory::Heard& heard);
  void note_not_understood() { ++counts_.not_understood; }
  void forget(const std::string& node);
  void settle_former();
  // Of this name, the incarnations that must be settled where they have ended.
  void remember(const std::vector<std::uint64_t>& incarnations);
  // Once users have had the time to come back elsewhere.
  void settle_later(const std::string& node, std::uint64_t incarnation);
  Site* site(std::string_view endpoint) const;

  hub::Broker& broker_;
  NodeEvents& events_;
  const Settings settings_;
  Counts counts_;
  Turns turns_;
  Outgoing outgoing_;
  Directory directory_;
  Hearing hearing_;
  std::vector<std::unique_ptr<Site>> sites_;
  Teller teller_;
  Lease lease_;
  Settlement settlement_;
  KnownCalls known_calls_;
  State state_ = State::idle;
  std::uint64_t ticks_ = 0;
};

}  // namespace microframe::cluster
