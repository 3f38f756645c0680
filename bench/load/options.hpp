// Options: what to do, as the command line says.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dialect.hpp"
#include "target.hpp"

namespace bench {

inline constexpr char kUsage[] =
    R"(Usage: bench_load MODE URL --pid SERVER [OPTION..]
Loads the WebSocket server at URL, on this machine; prints one line of JSON; exits with 1 if an
answer was wrong.

  echo                each connection has one message under way
  relay               one connection sends, all receive each message; deliveries are counted
  chat                the ready chat's JSON: members of a room speak in turn; deliveries are counted
  handshake           connect, open and close, again and again; handshakes are counted
  idle                open the connections and hold them; the server's memory is measured

  --pid N             the server's process, whose CPU time and memory are read; repeat it for
                      each of several processes
  --connections N     how many at a time (100)
  --bytes N           size of a message (64)
  --messages N        how many to count (200000), after a warm-up with a quarter as many
  --seconds N         or: how long to count, after a warm-up of a quarter as long
  --window N          relay, chat: messages under way, in each room (1)
  --rate N            relay: messages a second, sent on time, whatever is under way
  --from URL          relay: one more connection, to this URL, sends; what reaches it is checked, and
                      not counted. For a cluster: another node than the receivers'
  --rooms N           chat: number of rooms with as many members each (0: everyone, without a room)
  --binary            binary messages instead of text
  --json              messages that look like JSON
  --deflate           offers permessage-deflate, which the server must accept, and compresses
  --abort             handshake: end each connection by a reset instead of a closing handshake
  --hold N            idle: seconds to hold the connections once all are open (1)
  --memory-before N   idle: the server's memory before, in bytes, if it was measured already
  --dialect NAME      socket.io or centrifugo: the protocol over the WebSocket; the last word of
                      URL is the event or channel
  --tokens FILE       one token per line, used in turn, as ?token=
)";

struct Options {
  Target target;
  std::vector<pid_t> server;
  std::vector<std::string> tokens;
  std::uint32_t connections = 100;
  std::size_t bytes = 64;
  std::uint64_t messages = 200'000;
  std::uint64_t seconds = 0;  // 0: `messages` ends the run
  std::uint32_t window = 1;
  std::uint32_t rate = 0;      // 0: a closed loop
  std::optional<Target> from;  // none: one of the receivers sends
  std::uint64_t hold_seconds = 1;
  std::uint32_t rooms = 0;
  std::uint64_t memory_before_bytes = 0;     // 0: measured at the start
  std::shared_ptr<const Dialect> dialect{};  // none: plain messages
  bool binary = false;
  bool json = false;
  bool deflate = false;
  bool abort = false;
};

// arguments: all words after MODE.
// errors:    Broken, with the name of the option.
Options parse_options(std::span<const std::string> arguments);

}  // namespace bench
