// The kinds of load. Each checks every byte that comes; what is wrong is Broken.
#pragma once

#include "meter.hpp"
#include "options.hpp"

namespace bench {

// A closed loop: each connection has one message under way, which must come back as it was.
Report run_echo(const Options& options);

// The first member sends, with `window` messages under way; every member, the sender too, must get
// each message once and in order. What is counted is deliveries; a latency is that of a message's
// last delivery.
Report run_relay(const Options& options);

// The ready chat's messages, JSON both ways: members of a room speak in turn, `window` messages
// under way in each; every member, the sender too, must get each once, in turn, from who sent it.
// Counted as a relay's.
Report run_chat(const Options& options);

// Connect, open, close, `connections` at a time. What is counted is handshakes; a latency is from
// connect to 101.
Report run_handshake(const Options& options);

// Opens `connections`, holds them, and looks at the server's memory before and after.
Report run_idle(const Options& options);

}  // namespace bench
