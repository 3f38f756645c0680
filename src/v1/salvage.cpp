#include "v1/salvage.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace microframe::v1 {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::uint64_t kIdMax = (std::uint64_t{1} << 53) - 1;

// Reads the frame's outermost object, member by member, as far as that goes.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  // returns: whether there is a next character, and it is that one.
  bool take(char wanted) {
    skip_space();
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }
  // returns: whether a string follows. found: what stands between its quotation marks.
  bool string(std::string_view& found) {
    if (!take('"')) return false;
    for (std::size_t i = 0; i < left_.size(); ++i) {
      if (left_[i] == '\\') {
        ++i;
      } else if (left_[i] == '"') {
        found = left_.substr(0, i);
        left_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }
  // returns: the number that follows; 0 if it is no id.
  std::uint64_t number() {
    skip_space();
    std::uint64_t value = 0;
    const auto read = std::from_chars(left_.data(), left_.data() + left_.size(), value);
    left_.remove_prefix(static_cast<std::size_t>(read.ptr - left_.data()));
    const bool ends = left_.empty() || left_.front() == ',' || left_.front() == '}' ||
                      kSpace.find(left_.front()) != std::string_view::npos;
    return read.ec == std::errc() && ends && value <= kIdMax ? value : 0;
  }
  // Passes over a value of any kind.
  // returns: whether its end was found.
  bool pass_value() {
    std::size_t depth = 0;
    std::string_view inside;
    while (true) {
      skip_space();
      if (left_.empty()) return false;
      const char next = left_.front();
      if (next == '"') {
        if (!string(inside)) return false;
        continue;
      }
      if (depth == 0 && (next == ',' || next == '}')) return true;
      if (next == '{' || next == '[') ++depth;
      if (next == '}' || next == ']') --depth;
      left_.remove_prefix(1);
    }
  }

 private:
  void skip_space() {
    left_.remove_prefix(std::min(left_.find_first_not_of(kSpace), left_.size()));
  }

  std::string_view left_;
};

}  // namespace

Salvage salvage(std::string_view text) {
  Salvage found;
  Reader reader(text);
  std::string_view name;
  if (!reader.take('{')) return found;
  while (reader.string(name) && reader.take(':')) {
    if (name == "id") found.id = reader.number();
    if (name == "t" && !reader.string(found.type)) return found;
    if (!reader.pass_value() || !reader.take(',')) return found;
  }
  return found;
}

}  // namespace microframe::v1
