// The kinds of load. Each checks every byte that comes, and throws Broken for a wrong one.
#pragma once

#include "meter.hpp"
#include "options.hpp"

namespace bench {

// A closed loop: each connection has one message under way, which must come back unchanged.
Report run_echo(const Options& options);

// The first member sends, or one more at Options::from: with `window` messages under way, or at
// `rate`. Every member, including the sender, must receive each message once and in order.
// Deliveries are counted, but for those to a sender at Options::from; a latency is that of a
// message's last delivery.
Report run_relay(const Options& options);

// The ready chat's messages, JSON in both directions: the members of a room speak in turn, with
// `window` messages under way in each room. Every member, including the sender, must receive each
// message once, in turn, from the member who sent it. Counted like a relay.
Report run_chat(const Options& options);

// Connects, opens and closes, `connections` at a time. Handshakes are counted; a latency is from
// connect() to the 101.
Report run_handshake(const Options& options);

// Opens `connections`, holds them, and measures the server's memory before and after.
Report run_idle(const Options& options);

}  // namespace bench
