#include "http/router.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "microframe/config_error.hpp"
#include "proto/http_head.hpp"
#include "proto/utf8.hpp"

namespace microframe::http {
namespace {

// The segment at the front of `path`, which begins with '/'; `path` goes on at the next one.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = path.find('/');
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(segment.size());
  return segment;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986 §2.1, strictly.
bool percent_decode(std::string_view text, std::string& out) {
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

bool is_plain_text(std::string_view text) {
  const auto control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  return proto::is_utf8(base::as_bytes(text)) && std::none_of(text.begin(), text.end(), control);
}

ConfigError bad_pattern(const std::string& pattern, const std::string& advice) {
  return ConfigError("the path \"" + pattern + "\" cannot be routed: " + advice);
}

}  // namespace

std::vector<Router::Segment> Router::parse(const std::string& pattern) {
  if (!pattern.starts_with('/')) throw bad_pattern(pattern, "write \"/" + pattern + "\"");
  const auto is_odd = [](unsigned char c) { return c <= ' ' || c >= 0x7F || c == '?' || c == '#'; };
  if (std::any_of(pattern.begin(), pattern.end(), is_odd))
    throw bad_pattern(pattern, "a path has no ?, # or space, and is ASCII, percent-encoded");
  std::vector<Segment> segments;
  for (std::string_view rest = pattern; !rest.empty();) {
    const std::string_view segment = take_segment(rest);
    const bool is_parameter = segment.starts_with('{') && segment.ends_with('}');
    const std::string_view text = is_parameter ? segment.substr(1, segment.size() - 2) : segment;
    if (text.find_first_of("{}") != std::string_view::npos || (is_parameter && text.empty()))
      throw bad_pattern(pattern, "a parameter is a whole segment, {name}");
    const bool is_twice = std::any_of(segments.begin(), segments.end(), [&](const Segment& one) {
      return is_parameter && one.is_parameter && one.text == text;
    });
    if (is_twice) throw bad_pattern(pattern, "it has {" + std::string(text) + "} twice");
    segments.push_back({std::string(text), is_parameter});
  }
  return segments;
}

bool Router::is_same(const Path& path, const std::vector<Segment>& segments) {
  return std::equal(path.segments.begin(), path.segments.end(), segments.begin(), segments.end(),
                    [](const Segment& a, const Segment& b) {
                      return a.is_parameter == b.is_parameter &&
                             (a.is_parameter || a.text == b.text);
                    });
}

void Router::add(std::string method, const std::string& pattern) {
  std::vector<Segment> segments = parse(pattern);
  const bool is_plain = std::none_of(segments.begin(), segments.end(),
                                     [](const Segment& segment) { return segment.is_parameter; });
  Path& path = is_plain ? plain_[pattern] : place_of(segments, pattern);
  if (route_of(path, method))
    throw ConfigError(method + " " + pattern + " is routed twice: give each handler its own path");
  path.segments = std::move(segments);
  path.methods.emplace_back(std::move(method), routes_++);
}

// Among those with parameters: the earlier a path writes a segment out, the earlier it is tried.
Router::Path& Router::place_of(const std::vector<Segment>& segments, const std::string& pattern) {
  const auto same = std::find_if(others_.begin(), others_.end(),
                                 [&](const Path& one) { return is_same(one, segments); });
  if (same == others_.end()) {
    const auto behind = std::find_if(others_.begin(), others_.end(), [&](const Path& one) {
      return std::lexicographical_compare(
          segments.begin(), segments.end(), one.segments.begin(), one.segments.end(),
          [](const Segment& a, const Segment& b) { return !a.is_parameter && b.is_parameter; });
    });
    return *others_.insert(behind, Path{});
  }
  const auto is_named_alike = [](const Segment& a, const Segment& b) { return a.text == b.text; };
  if (!std::equal(segments.begin(), segments.end(), same->segments.begin(), is_named_alike))
    throw bad_pattern(pattern, "another method of the same path names its parameters otherwise");
  return *same;
}

bool Router::matches(const Path& path, std::string_view text) {
  for (const Segment& segment : path.segments) {
    if (text.empty()) return false;
    const std::string_view sent = take_segment(text);
    if (segment.is_parameter ? sent.empty() : sent != segment.text) return false;
  }
  return text.empty();
}

bool Router::decode(const Path& path, std::string_view text, Parameters& parameters) {
  for (const Segment& segment : path.segments) {
    const std::string_view sent = take_segment(text);
    if (!segment.is_parameter) continue;
    std::string value;
    if (!percent_decode(sent, value) || !is_plain_text(value)) return false;
    parameters.emplace_back(segment.text, std::move(value));
  }
  return true;
}

const std::size_t* Router::route_of(const Path& path, std::string_view method) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  const auto found = std::find_if(path.methods.begin(), path.methods.end(),
                                  [&](const auto& one) { return one.first == wanted; });
  return found == path.methods.end() ? nullptr : &found->second;
}

// Calls visit(Path) for each path that matches, the best first, until it returns true.
template <class Visit>
void Router::visit(std::string_view path, Visit&& visit) const {
  if (!path.starts_with('/')) return;
  if (const auto found = plain_.find(path); found != plain_.end() && visit(found->second)) return;
  for (const Path& one : others_) {
    if (matches(one, path) && visit(one)) return;
  }
}

Router::Found Router::find(std::string_view method, std::string_view path) const {
  Found found;
  visit(path, [&](const Path& one) {
    const std::size_t* const route = route_of(one, method);
    found.kind = route ? Found::Kind::route : Found::Kind::no_method;
    if (!route) return false;
    found.route = *route;
    if (!decode(one, path, found.parameters)) found.kind = Found::Kind::bad_path;
    return true;
  });
  return found;
}

std::string Router::allowed(std::string_view path) const {
  std::vector<std::string_view> methods;
  visit(path, [&](const Path& one) {
    for (const auto& [method, route] : one.methods) {
      if (std::find(methods.begin(), methods.end(), method) != methods.end()) continue;
      methods.push_back(method);
      if (method == "GET") methods.push_back("HEAD");
    }
    return false;
  });
  if (methods.empty()) return {};
  methods.push_back("OPTIONS");
  std::string list;
  for (const std::string_view method : methods) {
    list += list.empty() ? "" : ", ";
    list += method;
  }
  return list;
}

}  // namespace microframe::http
