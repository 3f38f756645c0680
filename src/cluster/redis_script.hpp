// RedisScript: what a broker has Redis do in one step, in Lua. Immutable. A script touches no key
// but those it is given, which belong to one partition where Redis is a cluster.
#pragma once

#include <string>
#include <string_view>

#include "cluster/redis_command.hpp"

namespace microframe::cluster {

class RedisScript {
 public:
  explicit RedisScript(std::string source);

  const std::string& source() const { return source_; }
  // The name by which Redis knows a script that it has seen.
  const std::string& sha1() const { return sha1_; }

  // Runs the script, which Redis has seen. arguments: of EVALSHA, from the number of keys on.
  std::string by_name(const RedisArguments& arguments) const;
  // The same for a Redis that may not have seen it.
  std::string whole(const RedisArguments& arguments) const;

  // Appends messages to logs.
  // KEYS: of each message its log; then, where the message has a name, the key of that name.
  // ARGV: PUBLISH or SPUBLISH; then of each message: the epoch as far as known, or ""; how many are
  //       kept; how long the log lives (ms); '1': set that time anew, else '0'; '1': the message has
  //       a name; the channel; the message.
  // returns: of each message its id; behind "=" if it was there before; or "!" and an error.
  static const RedisScript& append();
  // KEYS: a log. ARGV: its first offset asked for; how many.
  // returns: nothing if there is no such log; else its last entry, the time, and the entries.
  static const RedisScript& read();
  // KEYS: logs.
  // returns: the last id of each, or "".
  static const RedisScript& positions();
  // KEYS: a log. ARGV: the epoch that it must have.
  // returns: the last id, or "".
  static const RedisScript& renew();
  // KEYS: a hash. ARGV: a name, a node.
  // returns: 1 if the name had no node.
  static const RedisScript& enter();
  // KEYS: a hash. ARGV: a name, a node.
  // returns: 1 if the name had this node alone.
  static const RedisScript& leave();
  // KEYS: a hash, a set. ARGV: a node, the cursor.
  // returns: the next cursor; if that is "0", then also the names in the set that have no node.
  static const RedisScript& strike();

 private:
  const std::string source_;
  const std::string sha1_;
};

}  // namespace microframe::cluster
