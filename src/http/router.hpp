// Router: which of the routes a method and a path belong to. Set up by one thread, then const.
// PURE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace microframe::http {

class Router {
 public:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  // What a request's method and path have led to.
  struct Found {
    enum class Kind : std::uint8_t {
      route,
      no_path,
      no_method,  // other methods have a route there
      bad_path,   // a parameter is wrongly encoded
    };
    Kind kind = Kind::no_path;
    std::size_t route = 0;  // its number
    Parameters parameters;
  };

  // Adds a route. Its number is that of the routes before it.
  // pattern: "/rooms/{room}": {name} stands for one segment that is not empty.
  // errors:  ConfigError for a pattern that is malformed, or that one with this method means too.
  void add(std::string method, const std::string& pattern);

  // path: as sent. HEAD has the routes of GET.
  // errors: std::bad_alloc.
  Found find(std::string_view method, std::string_view path) const;
  // The methods that have a route at `path`, as Allow lists them (RFC 9110 §10.2.1); "" for none.
  std::string allowed(std::string_view path) const;
  // Whether there is a route for this very path, not counting those with parameters.
  bool has(std::string_view path) const { return plain_.contains(path); }
  bool empty() const { return routes_ == 0; }

 private:
  struct Segment {
    std::string text;  // or the parameter's name
    bool is_parameter;
  };
  struct Path {
    std::vector<Segment> segments;
    std::vector<std::pair<std::string, std::size_t>> methods;  // and their routes
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  static std::vector<Segment> parse(const std::string& pattern);
  Path& place_of(const std::vector<Segment>& segments, const std::string& pattern);
  static bool matches(const Path& path, std::string_view text);
  static bool is_same(const Path& path, const std::vector<Segment>& segments);
  static bool decode(const Path& path, std::string_view text, Parameters& parameters);
  static const std::size_t* route_of(const Path& path, std::string_view method);
  template <class Visit>
  void visit(std::string_view path, Visit&& visit) const;

  std::size_t routes_ = 0;
  std::unordered_map<std::string, Path, Hash, std::equal_to<>> plain_;  // without parameters
  std::vector<Path> others_;  // those with more written out before others
};

}  // namespace microframe::http
