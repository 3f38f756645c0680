#include "cluster/redis_command.hpp"

#include <array>
#include <charconv>

namespace microframe::cluster {
namespace {

void add_line(std::string& to, char kind, std::size_t number) {
  std::array<char, 24> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  to += kind;
  to.append(text.data(), end);
  to += "\r\n";
}

}  // namespace

void RedisArguments::begin(std::size_t size) {
  ++count_;
  add_line(bytes_, '$', size);
}

void RedisArguments::add(std::string_view text) {
  begin(text.size());
  bytes_ += text;
  bytes_ += "\r\n";
}

void RedisArguments::add(std::string_view first, std::string_view second) {
  begin(first.size() + second.size());
  bytes_ += first;
  bytes_ += second;
  bytes_ += "\r\n";
}

std::string redis_command(const RedisArguments& arguments) {
  return redis_command(arguments, {});
}

std::string redis_command(const RedisArguments& head, const RedisArguments& tail) {
  constexpr std::size_t kLine = 24;
  std::string command;
  command.reserve(kLine + head.bytes().size() + tail.bytes().size());
  add_line(command, '*', head.count() + tail.count());
  command += head.bytes();
  command += tail.bytes();
  return command;
}

}  // namespace microframe::cluster
