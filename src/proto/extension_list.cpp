#include "proto/extension_list.hpp"

#include <algorithm>

#include "proto/http_head.hpp"

namespace microframe::proto {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Empty elements are passed over (RFC 9110 §5.6.1.2).
  bool list(std::vector<Extension>& out) {
    do {
      space();
      if (rest_.empty() || rest_.starts_with(',')) continue;
      if (!element(out.emplace_back())) return false;
    } while (take(','));
    space();
    return rest_.empty();
  }

 private:
  bool element(Extension& out) {
    if (!token(out.name)) return false;
    while (take(';')) {
      ExtensionParameter& parameter = out.parameters.emplace_back();
      if (!token(parameter.name)) return false;
      if (take('=') && !value(parameter.value.emplace())) return false;
    }
    return true;
  }
  void space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  bool take(char mark) {
    space();
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool token(std::string_view& out) {
    space();
    out = rest_.substr(0, rest_.find_first_of(" \t;,=\""));
    rest_.remove_prefix(out.size());
    return is_token(out);
  }
  // §9.1: a quoted value must be a token once unquoted, so a quoted pair has no place in it.
  bool value(std::string_view& out) {
    if (!take('"')) return token(out);
    const std::size_t end = rest_.find('"');
    if (end == std::string_view::npos) return false;
    out = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return is_token(out);
  }

  std::string_view rest_;
};

}  // namespace

bool parse_extensions(std::string_view list, std::vector<Extension>& out) {
  return Reader(list).list(out);
}

}  // namespace microframe::proto
