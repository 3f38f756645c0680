// The opening handshakes of a run: requests, and what a correct answer to each must hold (RFC
// 6455 §4.1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "target.hpp"

namespace bench {

struct Handshake {
  std::string request;
  std::string_view accept;  // lives as long as the Handshakes that made it
};

class Handshakes {
 public:
  // tokens:  used in turn, as ?token=; empty for none.
  // deflate: offers kDeflateOffer.
  Handshakes(const Target& target, const std::vector<std::string>& tokens, bool deflate);

  Handshake next();

 private:
  struct Key {
    std::string key;
    std::string accept;
  };

  const Target& target_;
  const std::vector<std::string>& tokens_;
  const bool deflate_;
  std::vector<Key> keys_;
  std::size_t made_ = 0;
};

// head:    the answer's status line and fields, without the empty line.
// deflate: whether compression was offered, so that it must be chosen.
// errors:  Broken, with the clause, unless the answer is a 101 that accepts and promises nothing
//          unasked.
void check_answer(std::string_view head, std::string_view accept, bool deflate);

}  // namespace bench
