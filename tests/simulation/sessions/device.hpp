// Device: a simulated client: an application over the product's own v1::ClientSession, which does
// what the seed says, and checks what it is told. One thread, no loop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulation/sessions/device_rooms.hpp"
#include "simulation/sessions/link.hpp"
#include "simulation/sessions/scene.hpp"
#include "v1/client_session.hpp"

namespace microframe::simulation::sessions {

class Device {
 public:
  Device(Scene& scene, unsigned number, std::string user);

  // The application does something.
  void act();
  // The same without chance: a token that was asked for is given, a message answered.
  bool give_what_is_owed();
  void connect();
  void close();

  // The next item that is on its way down arrives.
  void arrive();
  void check_deadline();

  // nullptr without a connection.
  Link* link() const { return link_.get(); }
  const std::string& name() const { return name_; }
  const v1::ClientSession& session() const { return session_; }
  bool is_online() const { return session_.state() == ClientState::open; }
  bool is_over() const { return session_.state() == ClientState::closed; }

  // Nothing is under way: whatever the client's rooms keep has been shown.
  void check_at_rest() const { rooms_.check_at_rest(); }

 private:
  // --- what the session has it do
  void pump();
  void perform(const v1::FetchToken&);
  void perform(v1::OpenConnection& open);
  void perform(v1::Transmit& frame);
  void perform(v1::CloseConnection& close);
  void perform(const v1::DropConnection&);
  void perform(const v1::Settle& settle);
  void perform(const v1::TellMessage& message);
  void perform(const v1::TellBinary&) {}
  void perform(const v1::TellText&) {}
  void perform(const JoinedRoom& joined) { rooms_.joined(joined); }
  void perform(const LeftRoom& left) { rooms_.left(left); }
  void perform(const ByeAdvice&) {}
  void perform(const v1::TellPresence& change) { rooms_.presence_changed(change.room); }
  void perform(const ClientStatus& status);
  void perform(const v1::TellProblem& problem);

  // --- what the application does
  void send_something();
  void join_or_leave(const std::string& room);
  void give_token(std::uint64_t good_for_ms);
  void give_answer();
  std::uint64_t some_life_ms();
  double chance() { return static_cast<double>(scene_.random.below(1000)) / 1000; }

  Scene& scene_;
  const std::string user_;
  const std::string name_;  // in traces and violations
  v1::ClientSession session_;
  DeviceRooms rooms_;
  base::Ref<Link> link_;
  bool token_wanted_ = false;
  std::uint64_t token_wanted_at_ms_ = 0;
  bool closes_ = false;         // it closes the link, and reads no more
  std::uint64_t received_ = 0;  // counted frames of this session
  std::vector<v1::TellMessage> unanswered_;
};

}  // namespace microframe::simulation::sessions
