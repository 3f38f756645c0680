// RedisReply: one answer of Redis (RESP2), or the word that none will come. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "hub/broker.hpp"

namespace microframe::cluster {

struct RedisReply {
  enum class Kind : std::uint8_t {
    lost,  // the connection ended before there was an answer
    nil,
    status,
    error,
    text,
    integer,
    array,
  };

  Kind kind = Kind::lost;
  long long integer = 0;
  std::string text;  // of status, error and text
  std::vector<RedisReply> items;

  bool is_error() const { return kind == Kind::error; }
  // Whether it is an error with this first word, such as "MOVED".
  bool is_error(std::string_view word) const;
};

// What an answer that is not what was hoped for means for who waits.
hub::Broker::Failure failure_of(const RedisReply& reply);
// The same, of the text of an error.
hub::Broker::Failure failure_of(std::string_view error);
// Whether the error says that this Redis is not, or no longer, one to write to.
bool is_wrong_server(std::string_view error);

}  // namespace microframe::cluster
