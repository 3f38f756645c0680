#include "cluster/directory.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace microframe::cluster {
namespace {

using base::Lock;
using Names = std::vector<std::string>;

void add(PresenceChanges changes, std::size_t endpoint, Directory::Heard& heard) {
  for (PresenceChange& change : changes) heard.changes.push_back({endpoint, std::move(change)});
}

Names sorted_once(Names names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

std::size_t Directory::add_endpoint(std::string_view endpoint) {
  const Lock lock(mutex_);
  return numbers_.emplace(endpoint, numbers_.size()).first->second;
}

Directory::Peer& Directory::peer(std::string_view node) {
  const auto found = peers_.find(node);
  if (found != peers_.end()) return found->second;
  Peer made;
  made.endpoints.resize(numbers_.size());
  return peers_.emplace(node, std::move(made)).first->second;
}

void Directory::apply(Peer& peer, std::string_view body, Heard& heard) {
  const auto records = read_records(body);
  if (!records) return peer.feed.distrust();
  for (const Record& one : records->records) {
    const auto endpoint = numbers_.find(one.endpoint);
    if (endpoint == numbers_.end()) continue;
    try {
      add(peer.endpoints[endpoint->second].set(one.user, one.record), endpoint->second, heard);
    } catch (const std::bad_alloc&) {
      peer.feed.distrust();
    }
  }
}

Directory::Heard Directory::beat(const BusHeader& from, std::uint64_t number,
                                 std::uint64_t now_ms) {
  const Lock lock(mutex_);
  Heard heard;
  heard.ask = peer(from.node).feed.beat(from.incarnation, number, now_ms) == PeerFeed::Outcome::ask;
  return heard;
}

Directory::Heard Directory::changes(const BusHeader& from, std::string_view body,
                                    std::uint64_t now_ms) {
  using Outcome = PeerFeed::Outcome;
  const Lock lock(mutex_);
  Heard heard;
  Peer& told = peer(from.node);
  const auto number = read_number(body);
  if (!number) {
    told.feed.distrust();
    return heard;
  }
  const Outcome outcome = told.feed.changes(from.incarnation, *number, body, now_ms);
  heard.ask = outcome == Outcome::ask || outcome == Outcome::apply_and_ask;
  if (outcome == Outcome::apply || outcome == Outcome::apply_and_ask) apply(told, body, heard);
  return heard;
}

Directory::Heard Directory::begin_whole(const BusHeader& from, std::uint64_t number) {
  const Lock lock(mutex_);
  const auto told = peers_.find(from.node);
  if (told == peers_.end() || !told->second.feed.begin_whole(from.incarnation, number)) return {};
  for (RemoteUsers& users : told->second.endpoints) users.begin_whole();
  return {};
}

Directory::Heard Directory::whole_part(const BusHeader& from, std::string_view body) {
  const Lock lock(mutex_);
  Heard heard;
  const auto told = peers_.find(from.node);
  if (told != peers_.end() && told->second.feed.is_gathering(from.incarnation))
    apply(told->second, body, heard);
  return heard;
}

Directory::Heard Directory::end_whole(const BusHeader& from, std::uint64_t number,
                                      std::uint64_t now_ms) {
  const Lock lock(mutex_);
  Heard heard;
  const auto found = peers_.find(from.node);
  if (found == peers_.end()) return heard;
  Peer& told = found->second;
  const PeerFeed::End end = told.feed.end_whole(from.incarnation, number, now_ms);
  heard.ask = end.ask;
  if (!end.whole) return heard;
  for (const std::string& body : end.again) apply(told, body, heard);
  for (std::size_t i = 0; i < told.endpoints.size(); ++i)
    add(told.endpoints[i].end_whole(), i, heard);
  return heard;
}

Directory::Heard Directory::forget(std::string_view node) {
  const Lock lock(mutex_);
  Heard heard;
  const auto found = peers_.find(node);
  if (found == peers_.end()) return heard;
  for (std::size_t i = 0; i < found->second.endpoints.size(); ++i)
    add(found->second.endpoints[i].clear(), i, heard);
  gaps_of_forgotten_ += found->second.feed.gaps();
  peers_.erase(found);
  return heard;
}

void Directory::distrust(std::string_view node) {
  const Lock lock(mutex_);
  const auto found = peers_.find(node);
  if (found != peers_.end()) found->second.feed.distrust();
}

Names Directory::nodes() const {
  const Lock lock(mutex_);
  Names result;
  for (const auto& [name, peer] : peers_) result.push_back(name);
  return result;
}

Names Directory::doubtful_nodes() const {
  const Lock lock(mutex_);
  Names result;
  for (const auto& [name, peer] : peers_)
    if (!peer.feed.is_current()) result.push_back(name);
  return result;
}

std::uint64_t Directory::incarnation(std::string_view node) const {
  const Lock lock(mutex_);
  const auto found = peers_.find(node);
  return found == peers_.end() ? 0 : found->second.feed.incarnation();
}

Directory::Reach Directory::reach(std::size_t endpoint,
                                  const std::vector<std::string_view>& users) const {
  const Lock lock(mutex_);
  Reach result;
  result.present.resize(users.size());
  for (const auto& [name, peer] : peers_) {
    const RemoteUsers& there = peer.endpoints[endpoint];
    Reach::Stop stop;
    for (std::size_t i = 0; i < users.size(); ++i) {
      if (!there.receives(users[i])) continue;
      stop.users.push_back(users[i]);
      if (there.devices(users[i]) != 0) result.present[i] = true;
    }
    if (stop.users.empty()) continue;
    stop.node = name;
    result.stops.push_back(std::move(stop));
  }
  return result;
}

Names Directory::users(std::size_t endpoint) const {
  const Lock lock(mutex_);
  Names result;
  for (const auto& [name, peer] : peers_) peer.endpoints[endpoint].users(result);
  return sorted_once(std::move(result));
}

std::size_t Directory::devices(std::size_t endpoint, std::string_view user) const {
  const Lock lock(mutex_);
  std::size_t result = 0;
  for (const auto& [name, peer] : peers_) result += peer.endpoints[endpoint].devices(user);
  return result;
}

std::size_t Directory::connections(std::size_t endpoint) const {
  const Lock lock(mutex_);
  std::size_t result = 0;
  for (const auto& [name, peer] : peers_) result += peer.endpoints[endpoint].connections();
  return result;
}

Names Directory::room_members(std::size_t endpoint, std::string_view room) const {
  const Lock lock(mutex_);
  Names result;
  for (const auto& [name, peer] : peers_) peer.endpoints[endpoint].room_members(room, result);
  return sorted_once(std::move(result));
}

Names Directory::user_rooms(std::size_t endpoint, std::string_view user) const {
  const Lock lock(mutex_);
  Names result;
  for (const auto& [name, peer] : peers_) peer.endpoints[endpoint].user_rooms(user, result);
  return sorted_once(std::move(result));
}

Names Directory::rooms(std::size_t endpoint) const {
  const Lock lock(mutex_);
  Names result;
  for (const auto& [name, peer] : peers_) peer.endpoints[endpoint].rooms(result);
  return sorted_once(std::move(result));
}

hub::Presence::Users Directory::presence(std::size_t endpoint, std::string_view room) const {
  const Lock lock(mutex_);
  hub::Presence::Users result;
  for (const auto& [name, peer] : peers_) peer.endpoints[endpoint].presence(room, result);
  return result;
}

Directory::Size Directory::size() const {
  const Lock lock(mutex_);
  Size size;
  size.gaps = gaps_of_forgotten_;
  for (const auto& [name, peer] : peers_) {
    size.gaps += peer.feed.gaps();
    for (const RemoteUsers& users : peer.endpoints) {
      size.users += users.size();
      size.bytes += users.bytes();
    }
  }
  return size;
}

}  // namespace microframe::cluster
