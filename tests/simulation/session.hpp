// Session: one simulated connection from its client's request to the end of both sides, with the
// wires between them and, on the server, the door at which its pass is looked at.
#pragma once

#include <memory>

#include "base/ref.hpp"
#include "simulation/client_side.hpp"
#include "simulation/server_side.hpp"

namespace microframe::simulation {

class Session {
 public:
  // loop: of the server, where it lives.
  Session(Scene& scene, unsigned id, std::size_t loop, Pass pass);

  SimLoop& loop() { return *scene_.loops[loop_]; }
  ClientSide& client() { return client_; }
  ServerSide* server() { return server_.get(); }  // nullptr until it is admitted

  bool up_waiting() const { return up_.waiting(); }
  bool down_waiting() const { return down_.waiting(); }
  // What is next on its way arrives. Up: on the session's loop.
  void arrive_up();
  void arrive_down();
  // The network breaks the connection.
  void reset();

  bool ended() const { return client_.ended() && up_.told_end() && (!server_ || server_->ended()); }
  void check_ended() const;

 private:
  void read_request(base::MutableBytes bytes);
  void check_pass(const base::Result<authx::Identity, authx::Refused>& identity) const;
  void refuse(const authx::Refused& refused, std::string_view key);
  void admit(const authx::Claims& claims, std::string_view key, base::MutableBytes early);

  Scene& scene_;
  const unsigned id_;
  const std::size_t loop_;
  Wire up_;
  Wire down_;
  ClientSide client_;
  proto::HeadScanner scanner_;
  std::vector<std::byte> head_;
  bool answered_ = false;
  base::Ref<ServerSide> server_;
};

}  // namespace microframe::simulation
