// RedisReader: cuts a stream of bytes from Redis into replies (RESP2). hiredis parses; the bounds
// are ours, so that a broken peer cannot make us hold without end. No I/O. Threading: one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "cluster/redis_reply.hpp"

struct redisReader;
struct redisReadTask;

namespace microframe::cluster {

class RedisReader {
 public:
  // Of a reply: its longest text, and all its items. hiredis itself refuses arrays that lie more
  // than seven deep.
  static constexpr std::size_t kTextBytesMax = std::size_t{64} << 20;
  static constexpr std::size_t kItemsMax = std::size_t{1} << 18;

  RedisReader();
  ~RedisReader();
  RedisReader(const RedisReader&) = delete;
  RedisReader& operator=(const RedisReader&) = delete;

  // Adds bytes behind those that wait.
  // errors: std::bad_alloc.
  void feed(base::Bytes bytes);
  // The next reply that is whole; nullopt if more bytes are needed.
  // errors: in words, what is wrong with the stream; the reader is then of no more use.
  base::Result<std::optional<RedisReply>, std::string> next();

 private:
  struct Functions;
  RedisReply* place(const redisReadTask& task, std::size_t items);

  redisReader* reader_;
  RedisReply root_;        // being read
  std::size_t items_ = 0;  // of root_, so far
};

}  // namespace microframe::cluster
