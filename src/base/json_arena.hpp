// JsonArena: parses JSON without allocating, for who reads it and is done. It lies on the stack,
// and the value in it. A copy of what was parsed has the same memory resource (Boost.JSON has it
// so), may outlive the arena and go to any thread: so the resource is for ever, and takes from an
// arena only while one of this thread parses; from the heap at any other time. A move to a value
// with another resource is a copy. Threading: one thread. Arenas of a thread end in the reverse of
// their order.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "microframe/json.hpp"

namespace microframe::base {

class JsonArena {
 public:
  JsonArena();
  ~JsonArena();
  JsonArena(const JsonArena&) = delete;
  JsonArena& operator=(const JsonArena&) = delete;

  // As parse_json(). The value is destroyed before the arena, on its thread, and nothing is moved
  // out of it. What the arena has no room for comes from the heap.
  std::optional<Json> parse(std::string_view text, std::string& why);

 private:
  class Resource;
  static Resource& resource();
  void* take(std::size_t bytes, std::size_t alignment);
  bool holds(const void* memory) const;

  static constexpr std::size_t kBytes = 4096;  // of values: several hundred bytes of text

  JsonArena* const outer_;
  bool parses_ = false;
  std::size_t used_ = 0;
  alignas(std::max_align_t) std::array<std::byte, kBytes> bytes_;
};

}  // namespace microframe::base
