// Host: the server's end of a simulated session of microframe.v1: a v1::ServerSession and a ws::Life
// driven as ws::Connection drives them, over links in place of streams, with the hub that is real.
// Any of its links may be lost; the session then waits for its client to come by another. On its
// loop, but for what is marked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/timer_wheel.hpp"
#include "hub/member.hpp"
#include "microframe/json.hpp"
#include "simulation/sessions/asks.hpp"
#include "simulation/sessions/course.hpp"
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
  // hub::Sink
  void deliver(const base::Frame& frame) override;
  void joined(const hub::Joined& joined) override;
  void left(std::string_view room) override;
  void on_deadline(std::uint64_t now_ms) override;

  const ws::Life& life() const { return course_.life(); }
  void feed(Course::Event event);

  // --- a link comes, a link goes
  void attach(const Arrival& arrival);
  void connect();
  void close(std::uint16_t code);
  void lose_link();
  void leave(bool may_come_back, bool received_all);
  void end(bool drop_queue);
  void end_session();
  void remove();

  // --- its client may come back. This mirrors ws::Resumer, which needs a net::Loop for time and
  // posts. Unlike there, any number of sessions may wait, and a held link gives no more time.
  void suspend(bool drop_queue);
  void release_link();
  void hold(Arrival arrival);
  void hook_ended();
  void go_on();
  void go_on_with(const Arrival& arrival);
  void expire();
  void wind_up();

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
  Course course_;
  std::optional<Arrival> successor_;  // whose link is held until no hook runs
  std::uint64_t expires_ms_ = 0;      // of its token
};

}  // namespace microframe::simulation::sessions
