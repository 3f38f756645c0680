// Host: the server's end of a simulated session of microframe.v1: what ws::Session and
// ws::ServerConnection do between v1 and hub, over links in place of streams. On its loop, but for
// what is marked. Any of its links may be lost; it then waits for its client to come by another.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/timer_wheel.hpp"
#include "hub/member.hpp"
#include "microframe/json.hpp"
#include "simulation/sessions/hook_line.hpp"
#include "simulation/sessions/link.hpp"
#include "simulation/sessions/scene.hpp"
#include "v1/client_frame.hpp"
#include "v1/message_ids.hpp"
#include "v1/sent_frames.hpp"

namespace microframe::simulation::sessions {

class Server;

class Host final : public hub::Member, private base::TimerNode {
 public:
  Host(Scene& scene, Server& server, unsigned id, const std::string& user, std::size_t loop);

  // Begins the session.
  void open(const Arrival& arrival);
  // Goes on with it, as soon as its hooks have ended; or has the server begin a new one.
  void resume(Arrival arrival);
  void read(const Link::Item& item);
  // Any loop.
  void request_close(std::uint16_t code);
  // A message that the client is to acknowledge. Any loop.
  void request_answer();
  // Those who have not answered for long never will.
  void give_up_asks();

  bool is_open() const { return phase_ == Phase::open; }
  const std::string& secret() const { return secret_; }
  // hub::Member
  std::string_view session() const override { return name_; }
  std::string device() const override { return name_; }

  // Once all is over: hooks ran in pairs, and nothing is left.
  void check_ended() const;
  bool is_removed() const { return removed_; }

 private:
  enum class Phase : unsigned char { open, suspended, ended };
  enum class Outcome : unsigned char { done, bad, failed };
  struct Ask {
    unsigned number;  // in the ledger
    std::uint64_t until_ms;
  };

  // hub::Sink
  void deliver(const base::Frame& frame) override;
  void joined(const hub::Joined& joined) override;
  void left(std::string_view room) override;
  void on_deadline(std::uint64_t now_ms) override;

  // host.cpp: its lives
  void attach(const Arrival& arrival);
  void connect();
  void go_on_with(const Arrival& arrival);
  void take_successor();
  void close(std::uint16_t code);
  void evict();
  void lose_link();
  void leave(bool may_come_back, bool received_all);
  void suspend(bool drop_queue);
  void end_suspended();
  void end_session();
  void remove();

  // host_frames.cpp: frames in and out
  void transmit(const base::SharedBuffer& frame, std::uint64_t count);
  void send(const std::string& text);
  void send_uncounted(const std::string& text);
  void keep(const base::SharedBuffer& frame);
  void welcome(bool resumed);
  bool accept(std::uint64_t id);
  void read_text(std::string_view text);
  void read_binary(std::string_view bytes);
  void take_message(std::uint64_t id, Json data);
  void take_control(v1::ClientFrame frame);
  void answer(std::uint64_t id);
  Outcome handle(const Json& message);
  void control(const v1::ClientFrame& frame);
  void join(const v1::ClientFrame& frame);
  void settle(std::uint64_t id, std::string_view code);

  SimLoop& own_loop() const { return *scene_.loops[loop()]; }

  Scene& scene_;
  Server& server_;
  const std::string name_;
  const std::string secret_;
  HookLine line_;
  Phase phase_ = Phase::open;
  base::Ref<Link> link_;  // while open
  std::optional<Arrival> successor_;
  bool ends_for_good_ = false;
  bool removed_ = false;
  std::uint64_t expires_ms_ = 0;

  v1::SentFrames sent_;
  v1::MessageIds ids_;
  std::uint64_t join_ = 0;   // the id of the join that is under way
  std::uint64_t leave_ = 0;  // likewise of the leave
  Outcome outcome_ = Outcome::done;
  std::map<std::uint64_t, Ask> asks_;
  std::uint64_t asked_ = 0;

  std::uint64_t last_handled_ = 0;              // in the ledger
  std::set<std::string, std::less<>> entered_;  // on_join has run, and on_leave has not
  unsigned connects_ = 0;
  unsigned disconnects_ = 0;
  unsigned expiries_ = 0;
  bool was_suspended_ = false;  // when it ended
};

}  // namespace microframe::simulation::sessions
