// What a server may send to a client that echoes each message, and what the client must answer: an
// equal of the sequences that Autobahn's testsuite plays, in its groups 1 to 10.
#pragma once

#include <string>
#include <vector>

#include "support/raw_client.hpp"

namespace test {

struct Sequence {
  std::string name;
  std::vector<std::string> said;  // by the server, each by a call of its own
  // By the client, before its Close. How messages and Pongs mix is the client's to choose.
  std::vector<Received> messages;
  std::vector<Received> pongs;
  // 0: the server closes with 1000 behind all that, and the client answers. Otherwise the code of
  // the Close that the client begins, or answers a Close of `said` with; 1005: a Close without one.
  unsigned close = 0;
};

std::vector<Sequence> message_sequences();        // group 1
std::vector<Sequence> ping_sequences();           // group 2
std::vector<Sequence> reserved_sequences();       // groups 3 and 4
std::vector<Sequence> fragmentation_sequences();  // group 5
std::vector<Sequence> utf8_sequences();           // group 6
std::vector<Sequence> close_sequences();          // group 7
std::vector<Sequence> large_sequences();          // groups 9 and 10

}  // namespace test
