// NodeSide: clients of clients/js in a process of their own (chaos/clients.js), with lines of
// JSON in both directions.
// Threading: one thread.
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
  // setup:  the first line that clients.js receives.
  // errors: std::runtime_error, here and below, if the process is not there.
  NodeSide(const std::string& script, const microframe::Json& setup);
  ~NodeSide();  // ends the process
  NodeSide(const NodeSide&) = delete;
  NodeSide& operator=(const NodeSide&) = delete;

  void say(const microframe::Json& what);
  // returns: the next line, which must have this member.
  microframe::Json hear(std::string_view member, std::chrono::milliseconds patience);

 private:
  pid_t pid_ = -1;
  int in_ = -1;   // to the process
  int out_ = -1;  // from the process
  std::string said_;
};

std::vector<Record> records_of(const microframe::Json& said);

}  // namespace chaos
