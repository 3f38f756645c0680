// RedisCommand: a command as Redis reads it (RESP2: an array of texts). Pure.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace microframe::cluster {

// Arguments, written as they are added.
class RedisArguments {
 public:
  RedisArguments() = default;
  RedisArguments(std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) add(text);
  }

  void add(std::string_view text);
  void add(std::size_t number) { add(std::to_string(number)); }
  // An argument of two parts.
  void add(std::string_view first, std::string_view second);
  void append(const RedisArguments& more) {
    bytes_ += more.bytes_;
    count_ += more.count_;
  }

  std::size_t count() const { return count_; }
  // Without the line that tells how many there are.
  const std::string& bytes() const { return bytes_; }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

 private:
  void begin(std::size_t size);

  std::size_t count_ = 0;
  std::string bytes_;
};

// The command of these arguments, the first of which is its name.
std::string redis_command(const RedisArguments& arguments);
// The same with `head` before `tail`.
std::string redis_command(const RedisArguments& head, const RedisArguments& tail);

}  // namespace microframe::cluster
