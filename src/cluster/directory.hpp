// Directory: what the other nodes have told of their users: copies, which each of them tells anew when
// something was missed. What is told comes on one thread, in the order in which each node told it;
// what is asked, on any. Threading: as said; no I/O, time comes in. Without memory (std::bad_alloc)
// the node that told is distrusted, and asked for the whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.hpp"
#include "cluster/bus_message.hpp"
#include "cluster/peer_feed.hpp"
#include "cluster/presence_change.hpp"
#include "cluster/remote_users.hpp"
#include "hub/presence.hpp"

namespace microframe::cluster {

class Directory {
 public:
  // --- what nodes tell
  struct Heard {
    struct Change {
      std::size_t endpoint;
      PresenceChange presence;
    };
    bool ask = false;  // the node is to be asked for the whole
    std::vector<Change> changes;
  };

  // Before anything is told. What is told of other endpoints is ignored.
  // returns: the endpoint's number.
  std::size_t add_endpoint(std::string_view endpoint);

  Heard beat(const BusHeader& from, std::uint64_t number, std::uint64_t now_ms);
  // body: of the item.
  Heard changes(const BusHeader& from, std::string_view body, std::uint64_t now_ms);
  Heard begin_whole(const BusHeader& from, std::uint64_t number);
  Heard whole_part(const BusHeader& from, std::string_view body);
  Heard end_whole(const BusHeader& from, std::uint64_t number, std::uint64_t now_ms);
  // The node has ended.
  Heard forget(std::string_view node);
  // Its next beat has it asked for the whole.
  void distrust(std::string_view node);

  // --- what is asked
  std::vector<std::string> nodes() const;
  // Of which not all is known.
  std::vector<std::string> doubtful_nodes() const;
  // The node's incarnation; 0 for one that is not known.
  std::uint64_t incarnation(std::string_view node) const;

  // To which nodes a message for these users goes.
  struct Reach {
    struct Stop {
      std::string node;
      std::vector<std::string_view> users;
    };
    std::vector<Stop> stops;
    std::vector<bool> present;  // which of the users have a present device there
  };
  Reach reach(std::size_t endpoint, const std::vector<std::string_view>& users) const;

  std::vector<std::string> users(std::size_t endpoint) const;  // sorted, each once
  std::size_t devices(std::size_t endpoint, std::string_view user) const;
  std::size_t connections(std::size_t endpoint) const;
  std::vector<std::string> room_members(std::size_t endpoint, std::string_view room) const;
  std::vector<std::string> user_rooms(std::size_t endpoint, std::string_view user) const;
  std::vector<std::string> rooms(std::size_t endpoint) const;
  hub::Presence::Users presence(std::size_t endpoint, std::string_view room) const;

  struct Size {
    std::size_t users = 0;
    std::size_t bytes = 0;
    std::uint64_t gaps = 0;  // after which a node was asked for the whole
  };
  Size size() const;

 private:
  struct Peer {
    PeerFeed feed;
    std::vector<RemoteUsers> endpoints;
  };

  Peer& peer(std::string_view node) MICROFRAME_REQUIRES(mutex_);
  void apply(Peer& peer, std::string_view body, Heard& heard) MICROFRAME_REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  std::map<std::string, std::size_t, std::less<>> numbers_ MICROFRAME_GUARDED_BY(mutex_);
  std::map<std::string, Peer, std::less<>> peers_ MICROFRAME_GUARDED_BY(mutex_);
  std::uint64_t gaps_of_forgotten_ MICROFRAME_GUARDED_BY(mutex_) = 0;
};

}  // namespace microframe::cluster
