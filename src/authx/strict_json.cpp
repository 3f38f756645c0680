#include "authx/strict_json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

namespace microframe::authx {
namespace {

using boost::json::error_code;
using boost::json::string_view;

constexpr std::size_t kDepthMax = 8;

// Listens to the parser and stops it at a member whose name its object has already. Boost's own reader keeps
// the last.
class DuplicateFinder {
 public:
  static constexpr std::size_t max_object_size = 256;
  static constexpr std::size_t max_array_size = 4096;
  static constexpr std::size_t max_key_size = 4096;
  static constexpr std::size_t max_string_size = 64 * 1024;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    starts_.push_back(names_.size());
    return true;
  }
  bool on_object_end(std::size_t, error_code&) {
    names_.resize(starts_.back());
    starts_.pop_back();
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t, error_code&) { return true; }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    name_.append(part.data(), part.size());
    return true;
  }
  bool on_key(string_view part, std::size_t, error_code& error) {
    name_.append(part.data(), part.size());
    const auto begin = names_.begin() + static_cast<std::ptrdiff_t>(starts_.back());
    if (std::find(begin, names_.end(), name_) != names_.end()) {
      error = boost::json::error::syntax;
      return false;
    }
    names_.push_back(std::move(name_));
    name_.clear();
    return true;
  }
  bool on_string_part(string_view, std::size_t, error_code&) { return true; }
  bool on_string(string_view, std::size_t, error_code&) { return true; }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t, string_view, error_code&) { return true; }
  bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
  bool on_double(double, string_view, error_code&) { return true; }
  bool on_bool(bool, error_code&) { return true; }
  bool on_null(error_code&) { return true; }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  std::vector<std::string> names_;   // of the open objects, outermost first
  std::vector<std::size_t> starts_;  // where each open object's begin
  std::string name_;                 // the one that comes in pieces
};

bool has_duplicates(std::string_view text, const boost::json::parse_options& options) {
  boost::json::basic_parser<DuplicateFinder> parser(options);
  error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  return error.failed();
}

}  // namespace

std::optional<Json> parse_strict_object(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  error_code error;
  Json value = boost::json::parse(text, error, {}, options);
  if (error || !value.is_object() || has_duplicates(text, options)) return std::nullopt;
  return value;
}

}  // namespace microframe::authx
