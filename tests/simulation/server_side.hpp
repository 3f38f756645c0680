// ServerSide: the server's end of a simulated connection: what ws::Connection does between proto,
// authx and hub, without a socket. On its loop, but for request_close() and evict().
#pragma once

#include <cstdint>
#include <string_view>

#include "simulation/guest.hpp"
#include "simulation/pass.hpp"
#include "simulation/scene.hpp"
#include "simulation/speaker.hpp"
#include "ws/intake.hpp"

namespace microframe::simulation {

class ServerSide final : public Guest, private base::TimerNode {
 public:
  // The wires and the scene outlive it.
  ServerSide(Scene& scene, unsigned id, std::size_t loop, const authx::Claims& claims, Wire& in,
             Wire& out);

  void open(base::MutableBytes early);
  void read(base::MutableBytes bytes);
  void read_end();
  // From any loop, or none.
  void request_close(proto::CloseCode code);
  // hub::Member
  void evict() override;

  bool is_open() const { return phase_ == Phase::open; }
  bool ended() const { return phase_ == Phase::closed; }
  std::uint64_t expires_ms() const { return expires_ms_; }
  // Once all is over: each hook ran once, each Close was answered once.
  void check_ended() const;

 private:
  enum class Phase : unsigned char { opening, open, closing, closed };

  void received(const base::SharedBuffer& frame, std::string_view text) override;
  void on_deadline(std::uint64_t now_ms) override;
  void handle(const proto::Event& event);
  void read_on(base::MutableBytes bytes);
  bool stops_here();
  void go_on();
  void run(std::string_view command);
  void say(Note::Kind kind, std::string_view target, std::string_view left_out);
  void refresh(std::string_view token);
  void close(proto::CloseCode code);
  void begin_closing();
  void leave();
  void stream_ended();

  Scene& scene_;
  Wire& out_;
  SimLoop& loop_;
  Speaker speaker_;
  ws::Intake intake_;
  bool cut_ = false;  // the stream has ended behind what is kept
  Phase phase_ = Phase::opening;
  std::uint64_t expires_ms_;
  unsigned number_ = 0;
  unsigned connects_ = 0;
  unsigned disconnects_ = 0;
  bool removed_ = false;
};

}  // namespace microframe::simulation
