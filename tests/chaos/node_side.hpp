// NodeSide: clients of clients/js in a process of their own (chaos/clients.js): lines of JSON, both
// ways. Threading: one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/record.hpp"
#include "microframe/json.hpp"

namespace chaos {

class NodeSide {
 public:
  // setup: what clients.js is told first. errors: std::runtime_error, here and below, if it is not
  // there.
  NodeSide(const std::string& script, const microframe::Json& setup);
  ~NodeSide();  // ends the process
  NodeSide(const NodeSide&) = delete;
  NodeSide& operator=(const NodeSide&) = delete;

  void say(const microframe::Json& what);
  // The next line, which has this member.
  microframe::Json hear(std::string_view member, std::chrono::milliseconds patience);

 private:
  pid_t pid_ = -1;
  int in_ = -1;   // what it hears
  int out_ = -1;  // what it says
  std::string said_;
};

std::vector<Record> records_of(const microframe::Json& said);

}  // namespace chaos
