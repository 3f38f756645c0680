// Client: one device of a user, which comes to nodes and goes, and outlives them: where its node has
// died, it joins its rooms at another and sends again what was not acknowledged. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/nodes/annals.hpp"
#include "simulation/nodes/passage.hpp"
#include "simulation/nodes/process.hpp"
#include "simulation/nodes/room_view.hpp"
#include "simulation/nodes/scene.hpp"
#include "simulation/nodes/visit.hpp"

namespace microframe::simulation::nodes {

class Press;

class Client final : private VisitHost, private PassageHost {
 public:
  // scene, press: outlive it. number: its own, below kClientsMax.
  Client(Scene& scene, Press& press, std::size_t number, std::string user);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::size_t number() const { return number_; }
  const std::string& user() const { return user_; }
  // nullptr: it is nowhere.
  Visit* visit() const { return visit_.get(); }
  std::uint64_t came_ms() const { return came_ms_; }
  Reader reader() const { return {user_, session_}; }
  // Whether the message is not for it, in whatever session.
  bool was_excluded(const Message& message) const {
    return message.not_user == user_ ||
           message.not_session.starts_with("s" + std::to_string(number_) + ".");
  }
  // nullptr unless it has been told that it is in the room.
  const RoomView* view(std::string_view room) const;

  void come(Process& process);
  void go();
  // Its session goes on at another node.
  void move(Process& to);
  // It does not move while something is under way to it from the application.
  void stay_a_while() { stays_until_ms_ = scene_.agenda.now_ms() + 2'000; }
  // The passage of that number, if it is this client's.
  Passage* passage(std::uint64_t number) const;
  bool is_moving() const { return passage_ && !passage_->is_over(); }
  Process& destination() const { return passage_->destination(); }
  // Whether it is at the node, or on its way from there or to there.
  bool is_at(const Process& process) const;
  // Its node is no more, or stops.
  void lose();
  // Something that a client does.
  void act();
  // What is not acknowledged is sent again.
  void send_again();

  // Whether its session has moved, so that what others see of it may be what it said before.
  bool has_moved() const { return passage_ != nullptr; }
  // What others see of it in the room.
  std::uint64_t meta(std::string_view room) const;
  // errors: Violation.
  void check_at_rest() const;

 private:
  struct Draft {
    std::string room;
    std::string once;  // "": it must not be sent again
  };

  // VisitHost
  void hear(const Visit& visit, const base::Frame& frame, const hub::Mark& mark) override;
  void joined(const Visit& visit, const hub::Joined& joined) override;
  void left(const Visit& visit, std::string_view room) override;
  void dismissed() override;
  // PassageHost
  void passed() override;
  std::uint64_t wish_for(const std::string& room, const base::Since& since) override;
  void hear_held(const base::Frame& frame) override;
  void stranded() override;

  bool can_act() const { return visit_ && !is_moving() && !visit_->process().is_stalled(); }
  void take(const base::Frame& frame, std::uint64_t offset);
  void join(const std::string& room, bool goes_on);
  void leave(const std::string& room);
  void say(const std::string& room);
  void send(std::uint64_t number);
  void set_meta(const std::string& room);
  void end_visit();
  RoomView& view_of(std::string_view room);
  std::string name() const { return "client " + std::to_string(number_); }

  Scene& scene_;
  Press& press_;
  const std::size_t number_;
  const std::string user_;
  base::Ref<Visit> visit_;
  std::unique_ptr<Passage> passage_;  // the present, or the last of this session
  std::string session_;               // the present, or the last
  std::uint64_t visits_ = 0;
  std::uint64_t came_ms_ = 0;
  std::uint64_t stays_until_ms_ = 0;
  std::map<std::string, RoomView, std::less<>> views_;
  std::map<std::string, std::uint64_t, std::less<>> metas_;
  std::vector<std::string> inherits_;  // the rooms in which it was where its node died
  struct Wish {
    std::string room;
    std::optional<base::Since> since;
  };
  std::map<std::uint64_t, Wish> wishes_;  // to join, by their requests
  std::uint64_t wish_ = 0;
  std::set<std::uint64_t> heard_;          // at this node, of what no log keeps
  std::map<std::uint64_t, Draft> drafts_;  // by number, until they are acknowledged
  std::map<std::uint64_t, bool> asked_;    // of drafts, those under way
};

}  // namespace microframe::simulation::nodes
