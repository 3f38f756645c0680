// Target: where the load goes, always an address of this machine.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

namespace bench {

struct Target {
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
  std::string authority;  // as the Host field has it
  std::string path;       // with its query, if any
};

// Reads ws://127.x.y.z:PORT/PATH or ws://[::1]:PORT/PATH.
// errors: Broken for anything else, because this program floods its target and so must never
//         leave the machine.
Target parse_target(std::string_view url);

}  // namespace bench
