// Acquaintances: who knows of whom, in a chat that tells every user who is there and who comes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bench {

class Acquaintances {
 public:
  explicit Acquaintances(std::uint32_t users);

  // The server has told connection `index` that the connection is `user`.
  // errors: Broken if another connection is `user`, or if this connection was told before.
  void introduce(std::uint32_t index, std::string_view user);
  // Connection `index` has learned that `user` is there. Learning it twice does no harm.
  // errors: Broken if there are more names than users.
  void meet(std::uint32_t index, std::string_view user);

  // Whether every connection has been introduced and knows of all others.
  bool complete() const { return missing_ == 0; }
  const std::string& name(std::uint32_t index) const { return names_[index]; }

 private:
  std::uint32_t number_of(std::string_view user);

  const std::uint32_t users_;
  std::uint64_t missing_;  // introductions and meetings
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<bool> taken_;               // by number: whether a connection is that user
  std::vector<std::vector<bool>> known_;  // by index and number
};

}  // namespace bench
