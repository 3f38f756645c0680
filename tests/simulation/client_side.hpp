// ClientSide: a simulated client: shows its pass, then sends what the seed says, well formed or
// not.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handshake.hpp"
#include "simulation/pass.hpp"
#include "simulation/scene.hpp"
#include "simulation/speaker.hpp"

namespace microframe::simulation {

class ClientSide {
 public:
  // Sends its request at once. The wires and the scene outlive it.
  ClientSide(Scene& scene, unsigned id, Pass pass, Wire& in, Wire& out);

  const Pass& pass() const { return pass_; }
  void read(base::MutableBytes bytes);
  void read_end();
  // Sends something, if it is open.
  void act();
  // Sends its Close, or breaks off.
  void leave();

  bool is_open() const { return phase_ == Phase::open; }
  bool ended() const { return phase_ == Phase::ended; }
  void check_ended() const;

 private:
  enum class Phase : unsigned char { handshaking, open, closing, ended };
  struct Fragment {
    proto::Opcode opcode;
    bool fin;
    std::string piece;
  };

  bool read_head(base::MutableBytes& bytes);
  void handle(const proto::Event& event);
  std::string command();
  void begin_message();
  void send_next_fragment();
  void send_something_wrong();
  void close(proto::CloseCode code, std::string_view reason);

  Scene& scene_;
  const unsigned id_;
  const Pass pass_;
  Wire& out_;
  proto::ClientRequest request_;
  proto::HeadScanner scanner_;
  std::vector<std::byte> head_;
  Speaker speaker_;
  Phase phase_ = Phase::handshaking;
  unsigned status_ = 0;
  std::deque<Fragment> fragments_;  // of the message under way
  std::string message_;             // whole
  bool binary_ = false;
};

}  // namespace microframe::simulation
