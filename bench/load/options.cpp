#include "options.hpp"

#include <charconv>
#include <fstream>
#include <string_view>

#include "broken.hpp"

namespace bench {
namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) throw Broken("no tokens in " + path);
  return lines;
}

// The last word of the URL becomes the dialect's topic, and the path becomes the dialect's.
void speak(const std::string& dialect, Options& options) {
  const std::string& path = options.target.path;
  options.dialect = make_dialect(dialect, path.substr(path.rfind('/') + 1));
  options.target.path = options.dialect->path();
}

// The command line, read from the front.
class Arguments {
 public:
  explicit Arguments(std::span<const std::string> all) : all_(all) {}

  bool empty() const { return all_.empty(); }
  const std::string& next(std::string_view after) {
    if (all_.empty()) throw Broken(std::string(after) + " lacks its value");
    const std::string& first = all_.front();
    all_ = all_.subspan(1);
    return first;
  }
  template <class Number>
  void read(const std::string& name, Number& out, Number least = 1) {
    const std::string& text = next(name);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size() || out < least) {
      throw Broken(name + " takes a number of " + std::to_string(least) + " or more, not " + text);
    }
  }

 private:
  std::span<const std::string> all_;
};

}  // namespace

Options parse_options(std::span<const std::string> all) {
  Arguments arguments(all);
  Options options;
  options.target = parse_target(arguments.next("MODE"));
  while (!arguments.empty()) {
    const std::string& name = arguments.next("");
    if (name == "--pid") {
      arguments.read(name, options.server.emplace_back());
    } else if (name == "--connections") {
      arguments.read(name, options.connections);
    } else if (name == "--bytes") {
      arguments.read(name, options.bytes, std::size_t{0});
    } else if (name == "--messages") {
      arguments.read(name, options.messages);
    } else if (name == "--seconds") {
      arguments.read(name, options.seconds);
    } else if (name == "--window") {
      arguments.read(name, options.window);
    } else if (name == "--rate") {
      arguments.read(name, options.rate);
    } else if (name == "--from") {
      options.from = parse_target(arguments.next(name));
    } else if (name == "--rooms") {
      arguments.read(name, options.rooms, std::uint32_t{0});
    } else if (name == "--memory-before") {
      arguments.read(name, options.memory_before_bytes);
    } else if (name == "--dialect") {
      speak(arguments.next(name), options);
    } else if (name == "--hold") {
      arguments.read(name, options.hold_seconds, std::uint64_t{0});
    } else if (name == "--tokens") {
      options.tokens = read_lines(arguments.next(name));
    } else if (name == "--binary") {
      options.binary = true;
    } else if (name == "--json") {
      options.json = true;
    } else if (name == "--deflate") {
      options.deflate = true;
    } else if (name == "--abort") {
      options.abort = true;
    } else {
      throw Broken("unknown option " + name);
    }
  }
  if (options.dialect && options.binary) throw Broken("a dialect carries no binary messages");
  if (options.server.empty()) throw Broken("--pid is missing: the server's process");
  return options;
}

}  // namespace bench
