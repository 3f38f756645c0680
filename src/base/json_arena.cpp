#include "base/json_arena.hpp"

#include <boost/json/memory_resource.hpp>
#include <functional>
#include <new>

#include "base/parse_json.hpp"

namespace microframe::base {
namespace {

thread_local constinit JsonArena* innermost = nullptr;

}  // namespace

class JsonArena::Resource final : public boost::json::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* taken = innermost && innermost->parses_ ? innermost->take(bytes, alignment) : nullptr;
    return taken ? taken : ::operator new(bytes);  // Boost.JSON asks for no more than its alignment
  }
  void do_deallocate(void* memory, std::size_t, std::size_t) override {
    for (const JsonArena* arena = innermost; arena; arena = arena->outer_) {
      if (arena->holds(memory)) return;
    }
    ::operator delete(memory);
  }
  bool do_is_equal(const boost::json::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

// Never destroyed: copies may be, after everything else.
JsonArena::Resource& JsonArena::resource() {
  static auto& resource = *new Resource;
  return resource;
}

// Not = {}: its bytes are written before they are read.
JsonArena::JsonArena() : outer_(innermost) {
  innermost = this;
}

JsonArena::~JsonArena() {
  innermost = outer_;
}

std::optional<Json> JsonArena::parse(std::string_view text, std::string& why) {
  struct Parsing {
    explicit Parsing(bool& flag) : parses(flag) { parses = true; }
    ~Parsing() { parses = false; }
    bool& parses;
  };
  const Parsing parsing(parses_);
  return parse_json(text, why, &resource());
}

// returns: nullptr where there is no room.
void* JsonArena::take(std::size_t bytes, std::size_t alignment) {
  const std::size_t begin = (used_ + alignment - 1) / alignment * alignment;
  if (begin > kBytes || bytes > kBytes - begin) return nullptr;
  used_ = begin + bytes;
  return bytes_.data() + begin;
}

bool JsonArena::holds(const void* memory) const {
  const auto* place = static_cast<const std::byte*>(memory);
  return !std::less<>{}(place, bytes_.data()) && std::less<>{}(place, bytes_.data() + kBytes);
}

}  // namespace microframe::base
