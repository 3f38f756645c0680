// Post: one node's way to the others, as endpoints write to each other; it has no other duties.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "hub/elsewhere.hpp"

namespace microframe::ws {

using Notes = std::map<std::string, std::string>;

class Post final : public hub::Elsewhere {
 public:
  using Letters = std::deque<std::tuple<std::string, std::string, std::string>>;  // from, to, bytes
  Post(std::string name, Letters& letters, Notes& kept)
      : name_(std::move(name)), letters_(letters), kept_(kept) {}

  std::vector<std::string> nodes() const override { return others; }
  void letter(std::string_view node, std::string_view bytes) override {
    for (const std::string& other : others)
      if (node.empty() || node == other) letters_.emplace_back(name_, other, bytes);
  }
  std::vector<std::string> nodes_of(std::string_view) const override { return others; }
  void after(std::chrono::milliseconds, std::function<void()> task) override {
    later.push_back(std::move(task));
  }
  void when_known(std::function<void()> told) override { told(); }
  void keep_session(std::string_view name, std::string bytes, std::chrono::milliseconds) override {
    kept_[std::string(name)] = std::move(bytes);
  }
  void find_session(std::string_view name, bool take,
                    hub::Broker::Done<std::optional<std::string>> found) override {
    const auto note = kept_.find(std::string(name));
    if (note == kept_.end()) return found(std::optional<std::string>());
    std::optional<std::string> bytes = note->second;
    if (take) kept_.erase(note);
    found(std::move(bytes));
  }

  void changed(const std::string&) noexcept override {}
  void broadcast(const base::Frame&, const hub::Exclusion&, std::uint64_t) override {}
  void to_room(std::string_view, const base::Frame&, const hub::Exclusion&,
               std::uint64_t) override {}
  std::vector<bool> to_users(const std::vector<std::string_view>&, const base::Frame&,
                             std::uint64_t) override {
    return {};
  }
  bool join_user(std::string_view, std::string_view) override { return false; }
  bool leave_user(std::string_view, std::string_view) override { return false; }
  bool evict(std::string_view) override { return false; }
  std::size_t disconnect(std::string_view, std::string_view) override { return 0; }
  void open(const std::string&, const hub::RoomPolicy&, std::uint64_t) override {}
  void close(const std::string&) noexcept override {}
  void append(std::string_view, const hub::RoomPolicy&, const base::Frame&, const hub::HiddenFrom&,
              std::string, hub::Broker::Done<hub::Broker::Appended>) override {}
  void history(std::string_view, const hub::RoomPolicy&, std::uint64_t, std::size_t,
               hub::Broker::Done<std::vector<Kept>>) override {}
  std::vector<std::string> users() const override { return {}; }
  std::size_t devices(std::string_view) const override { return 0; }
  std::size_t connections() const override { return 0; }
  std::vector<std::string> room_members(std::string_view) const override { return {}; }
  std::vector<std::string> user_rooms(std::string_view) const override { return {}; }
  std::vector<std::string> rooms() const override { return {}; }
  hub::Presence::Users presence(std::string_view) const override { return {}; }

  std::vector<std::string> others;
  std::vector<std::function<void()>> later;  // what time brings

 private:
  const std::string name_;
  Letters& letters_;
  Notes& kept_;
};

}  // namespace microframe::ws
