// RedisRequest: a command on its way to whichever Redis has its partition. Whoever asked owns it
// together with the router. Threading: the router's loop.
#pragma once

#include <cstdint>
#include <string>

#include "cluster/redis_command.hpp"
#include "cluster/redis_connection.hpp"
#include "cluster/redis_script.hpp"

namespace microframe::cluster {

struct RedisRequest {
  // What happens where its Redis is not there, or says that another has the partition.
  enum class Manner : std::uint8_t {
    follow,  // goes after it, until its deadline
    drop,    // is dropped if its Redis is not there; follows otherwise
    once,    // is sent once: who asked sees to it
  };

  unsigned partition = 0;
  Manner manner = Manner::follow;
  const RedisScript* script = nullptr;  // nullptr: the arguments are the command
  RedisArguments arguments;
  RedisConnection::Answer answer;
  std::uint64_t deadline_ms = 0;
  unsigned hops = 0;   // redirections so far
  bool whole = false;  // Redis has not seen the script
  std::string ask_at;  // the server that ASK has named; "": the partition's own

  std::string command() const {
    if (!script) return redis_command(arguments);
    return whole ? script->whole(arguments) : script->by_name(arguments);
  }
};

}  // namespace microframe::cluster
