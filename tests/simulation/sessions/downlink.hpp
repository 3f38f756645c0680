// Downlink: what a simulated session is sent: over its link while it has one, and kept by its
// v1::ServerSession in any case. On the session's loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ref.hpp"
#include "base/shared_buffer.hpp"
#include "hub/member.hpp"
#include "simulation/sessions/link.hpp"
#include "v1/server_session.hpp"

namespace microframe::simulation::sessions {

class Downlink {
 public:
  // session: outlives this.
  explicit Downlink(v1::ServerSession& session) : session_(session) {}

  void attach(base::Ref<Link> link) { link_ = std::move(link); }
  void detach() { link_ = {}; }
  // nullptr while the session waits for its client.
  Link* link() const { return link_.get(); }

  void send(const v1::Reply& reply);
  void send(const std::optional<v1::Reply>& reply) {
    if (reply) send(*reply);
  }
  // A frame of the application's, in its form for sessions.
  // errors: Violation, if the session keeps more than its bounds.
  void deliver(const base::SharedBuffer& frame);
  void joined(const hub::Joined& joined);
  // What the client has not received goes over a new link, too.
  void send_again();
  void close(std::uint16_t code, std::string_view reason);

 private:
  // count: the frame's place among those that are counted; 0: the frame is not.
  void transmit(const base::SharedBuffer& frame, std::uint64_t count);

  v1::ServerSession& session_;
  base::Ref<Link> link_;
  std::uint64_t counted_ = 0;  // frames, over all links
};

}  // namespace microframe::simulation::sessions
