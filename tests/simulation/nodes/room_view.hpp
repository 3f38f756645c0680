// RoomView: what one client has been shown of one room: every message of a log once, in the order of
// their offsets and without a gap, from where it was told to begin; and who is there. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/since.hpp"
#include "hub/sink.hpp"
#include "simulation/nodes/annals.hpp"
#include "simulation/nodes/scene.hpp"

namespace microframe::simulation::nodes {

class RoomView {
 public:
  // scene: outlives it. client: whose it is.
  RoomView(Scene& scene, std::string room, std::size_t client)
      : scene_(scene), room_(std::move(room)), client_(client) {}

  // By device, as "user/device".
  using Present = std::map<std::string, std::uint64_t, std::less<>>;

  // --- What it is told.
  // errors: Violation, in all of them.
  // since: what was asked for, if anything.
  void joined(const hub::Joined& joined, const Reader& reader,
              const std::optional<base::Since>& since);
  // The same where its session has come from another node, which had told it how far it had heard.
  void arrived(const hub::Joined& joined, const Reader& reader,
               const std::optional<base::Since>& since);
  // It is in the room, be it that nobody has said so: it came as its session was between two nodes.
  void enter_untold() { is_in_ = true; }
  // What it has heard elsewhere its node need not know of.
  void change_node() { heard_here_.clear(); }
  void left();
  void hear(std::uint64_t number, std::uint64_t offset, const Reader& reader);
  void moved(std::uint64_t epoch, std::uint64_t offset);
  void presence(std::string_view words);
  // The client's session is gone, and it is nowhere.
  void lose() { is_in_ = false; }

  bool is_in() const { return is_in_; }
  const Present& present() const { return present_; }
  // Where it stands; nullopt if nobody has said, or no log keeps the room's messages.
  std::optional<base::Since> position() const;

  // --- Once nothing is under way.
  // What it has heard is what the log has, and nothing is left to hear.
  // errors: Violation.
  void check_complete(const Reader& reader) const;
  // Since when it is in the room without a break, and since when it knows of no loss; in turns.
  std::uint64_t stays_since() const { return stays_since_; }
  std::uint64_t whole_since() const { return whole_since_; }
  // Whether it heard the message where it is now: its node knows of it.
  bool is_witness_of(std::uint64_t number) const { return heard_here_.count(number) != 0; }

 private:
  void lose_count(bool stays);
  void take(std::uint64_t number, std::uint64_t offset);
  // All between where it stands and `before`.
  void check_hidden(std::uint64_t before, const Reader& reader, std::string_view also) const;
  void catch_up(const hub::Joined& joined, const Reader& reader, const base::Since& since);
  std::string name() const { return "client " + std::to_string(client_) + " in " + room_; }

  Scene& scene_;
  const std::string room_;
  const std::size_t client_;
  bool is_in_ = false;
  std::uint64_t epoch_ = 0;  // 0: nobody has said
  std::uint64_t offset_ = 0;
  std::uint64_t late_until_ = 0;  // what was on its way when it was told where it is comes again
  std::string session_;           // in which it was in the room last
  std::uint64_t stays_since_ = 0;
  std::uint64_t whole_since_ = 0;
  std::map<std::uint64_t, std::uint64_t>
      standing_;                        // numbers by offset, since it was told of a loss
  std::set<std::uint64_t> heard_;       // the same
  std::set<std::uint64_t> heard_here_;  // since it has come to its node
  Present present_;
};

}  // namespace microframe::simulation::nodes
