#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <sstream>

#include "microframe/config_error.hpp"

namespace microframe {

// What std::terminate() calls unless the program has set something else. Only libstdc++ tells which
// function that is; with another library an uncaught ConfigError ends as any other exception.
#ifdef __GLIBCXX__
namespace {

// Other exceptions end as if this were not here.
[[noreturn]] void end_with_words() {
  try {
    if (const auto uncaught = std::current_exception()) std::rethrow_exception(uncaught);
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "microframe: %s\n", error.what());
    std::fflush(nullptr);
    std::_Exit(1);
  } catch (...) {
  }
  __gnu_cxx::__verbose_terminate_handler();
  std::abort();
}

// A program without a ConfigError never comes here, and keeps what it has.
void set_end_with_words() {
  if (std::get_terminate() == &__gnu_cxx::__verbose_terminate_handler)
    std::set_terminate(&end_with_words);
}

}  // namespace
#else
namespace {
void set_end_with_words() {}
}  // namespace
#endif

ConfigError::ConfigError(const std::string& words) : std::runtime_error(words) {
  set_end_with_words();
}

std::string env(const char* name) {
  const char* value = std::getenv(name);
  if (value && *value) return value;
  throw ConfigError(std::string(name) + " is not set. Try: export " + name +
                    "=$(openssl rand -hex 32)");
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file && content << file.rdbuf()) return content.str();
  throw ConfigError("cannot read " + path + ": is the path right, and may this user read it?");
}

}  // namespace microframe
