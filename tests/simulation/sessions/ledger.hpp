// Ledger: what became of each thing that somebody asks of another: a client's message or wish, and
// a message of the server's that must be acknowledged. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace microframe::simulation::sessions {

class Ledger {
 public:
  enum class Kind : unsigned char {
    message,  // is handled, by a hook or a client's handler
    wish,     // a join, a leave or a refresh: only its answer is looked at
  };

  // returns: its number, from 1.
  unsigned ask(Kind kind);
  // errors: Violation, the second time, or where it was said that it never would be.
  void handle(unsigned number);
  // What the asker is told; "" for well.
  // errors: Violation, the second time, or where it is not true.
  void settle(unsigned number, std::string_view code);
  // errors: Violation, if anybody still waits.
  void check_settled() const;

 private:
  struct Fate {
    Kind kind;
    unsigned handled = 0;
    std::optional<std::string> outcome;
  };
  std::vector<Fate> fates_;
};

}  // namespace microframe::simulation::sessions
