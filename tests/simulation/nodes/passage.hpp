// Passage: a client's session on its way from one node to another, as ws::Mover and ws::Moves take it:
// the new node has it seated in its rooms and holds what it is told there, and then fetches it. One
// thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.hpp"
#include "hub/hub.hpp"
#include "simulation/nodes/process.hpp"
#include "simulation/nodes/scene.hpp"
#include "simulation/nodes/visit.hpp"
#include "ws/landing.hpp"
#include "ws/watch.hpp"

namespace microframe::simulation::nodes {

class PassageHost {
 public:
  // The session is at the new node, and takes over its rooms.
  virtual void passed() = 0;
  // The session joins a room there, which it has not been seated in.
  // returns: the number of the wish.
  virtual std::uint64_t wish_for(const std::string& room, const base::Since& since) = 0;
  // What was held there, and was not told where the session was.
  virtual void hear_held(const base::Frame& frame) = 0;
  // It does not come.
  virtual void stranded() = 0;

 protected:
  ~PassageHost() = default;
};

class Passage {
 public:
  // The two nodes, the visit at the former and host outlive it. number: its own, among all.
  Passage(Scene& scene, PassageHost& host, base::Ref<Visit> from, base::Ref<Visit> to,
          std::uint64_t number);
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  std::uint64_t number() const { return number_; }
  Process& origin() const { return from_->process(); }
  Process& destination() const { return to_->process(); }
  const base::Ref<Visit>& to() const { return to_; }

  // --- what the two visits are told
  // Whether the client hears the message.
  bool lets_through(const Visit& visit, const base::Frame& frame, const hub::Mark& mark);
  // The new visit is seated.
  void seated(std::string_view room);
  // It is no longer.
  void unseated(std::string_view room) {
    if (const auto found = seated_.find(room); found != seated_.end()) seated_.erase(found);
  }
  // Whether the session was in the room when it left.
  bool brings(std::string_view room) const;
  // Whether it was before its session came.
  bool is_seated_in(std::string_view room) const { return seated_.count(room) != 0; }
  // Whether it was sure to be: where the session has joined the room only since then, messages may be
  // missed that no log keeps, and it may not be told that it is there.
  bool waited_for(std::string_view room) const {
    return std::find(rooms_.begin(), rooms_.end(), room) != rooms_.end();
  }
  bool is_over() const { return landing_.is_over(); }
  bool is_taking_over() const { return landing_.stage() == ws::Landing::Stage::taking_over; }
  // How far the session had heard the room's log where it came from; nullopt: there was none.
  std::optional<base::Since> heard_of(std::string_view room) const;

  // A letter between the two nodes.
  void letter(std::string_view word);
  // It does not take place: nothing is left of the visit at the new node.
  void give_up();
  bool has_departed() const { return has_departed_; }

 private:
  void send(Process& by, Process& to, std::string_view word);
  void watch();
  void land();
  void fetch();
  void leave(std::size_t loop);
  void take_over();
  // Runs `step` on the loop, unless it is over by then.
  void on(SimLoop& loop, std::function<void()> step);

  Scene& scene_;
  PassageHost& host_;
  const base::Ref<Visit> from_;
  const base::Ref<Visit> to_;
  const std::uint64_t number_;
  std::optional<ws::Watch> watch_;
  std::vector<std::string> rooms_;  // of the session, when the watch began
  std::set<std::string, std::less<>> seated_;
  std::vector<hub::Hub::Departed> departed_;
  bool has_departed_ = false;
  ws::Landing landing_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace microframe::simulation::nodes
