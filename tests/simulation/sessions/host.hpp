// Host: the server's end of a simulated session of microframe.v1: a v1::ServerSession driven as the
// server drives it, over links in place of streams, with the hub that is real. Any of its links may
// be lost; the session then waits for its client to come by another. On its loop, but for what is
// marked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/timer_wheel.hpp"
#include "hub/member.hpp"
#include "microframe/json.hpp"
#include "simulation/sessions/asks.hpp"
#include "simulation/sessions/downlink.hpp"
#include "simulation/sessions/hook_line.hpp"
#include "simulation/sessions/hooks.hpp"
#include "simulation/sessions/link.hpp"
#include "simulation/sessions/scene.hpp"
#include "v1/server_session.hpp"

namespace microframe::simulation::sessions {

class Server;

class Host final : public hub::Member, private base::TimerNode {
 public:
  Host(Scene& scene, Server& server, unsigned id, const std::string& user, std::size_t loop);

  // Begins the session.
  void open(const Arrival& arrival);
  // Goes on with the session as soon as its hooks have ended, or has the server begin a new one.
  void resume(Arrival arrival);
  void read(const Link::Item& item);
  // Any loop.
  void request_close(std::uint16_t code);
  // A message that the client must acknowledge. Any loop.
  void request_answer();
  // A client that has not answered for long never will.
  void give_up_asks() { asks_.give_up(scene_.now_ms); }

  const std::string& secret() const { return session_.secret(); }
  // hub::Member
  std::string_view session() const override { return session_.name(); }
  std::string device() const override { return session_.name(); }
  void evict() override;

  // Once all is over: hooks ran in pairs, and nothing is left.
  void check_ended() const;

 private:
  enum class Phase : unsigned char { open, suspended, ended };

  // hub::Sink
  void deliver(const base::Frame& frame) override;
  void joined(const hub::Joined& joined) override;
  void left(std::string_view room) override;
  void on_deadline(std::uint64_t now_ms) override;

  // --- its lives
  void attach(const Arrival& arrival);
  void connect();
  void go_on_with(const Arrival& arrival);
  void take_successor();
  void close(std::uint16_t code);
  void release_link();
  void lose_link();
  void leave(bool may_come_back, bool received_all);
  void suspend(bool drop_queue);
  void end_suspended();
  void end_session();
  void remove();

  // --- what its client says
  void read_text(std::string_view text);
  void read_binary(std::string_view bytes);
  void take(v1::ServerStep step);
  void take_message(std::uint64_t id, Json data);
  void take_control(v1::ClientFrame frame);
  void begin(std::uint64_t id);
  void answer();
  void control(const v1::ClientFrame& frame);
  void join(const v1::ClientFrame& frame);
  void leave_room(const v1::ClientFrame& frame);
  void refresh(const v1::ClientFrame& frame);

  SimLoop& own_loop() const { return *scene_.loops[loop()]; }
  const std::string& name() const { return session_.name(); }

  Scene& scene_;
  Server& server_;
  v1::ServerSession session_;
  Downlink downlink_;
  Asks asks_;
  Hooks hooks_;
  HookLine line_;
  Hooks::Outcome outcome_ = Hooks::Outcome::done;  // of the message whose turn it is
  Phase phase_ = Phase::open;
  std::optional<Arrival> successor_;
  bool ends_for_good_ = false;
  bool removed_ = false;
  bool was_suspended_ = false;    // when it ended
  std::uint64_t expires_ms_ = 0;  // of its token
};

}  // namespace microframe::simulation::sessions
