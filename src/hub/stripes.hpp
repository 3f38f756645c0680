// Stripes: a table by name in several parts, each with a lock of its own, so that threads seldom
// wait for each other. Threading: any thread; each part is guarded by its mutex.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.hpp"

namespace microframe::hub {

struct NameHash {
  using is_transparent = void;
  // noexcept: so that the table keeps no hashes, which would cost each entry 16 bytes.
  std::size_t operator()(std::string_view name) const noexcept {
    return std::hash<std::string_view>{}(name);
  }
};

template <class Value>
struct Stripe {
  mutable base::Mutex mutex;
  std::unordered_map<std::string, Value, NameHash, std::equal_to<>> entries
      MICROFRAME_GUARDED_BY(mutex);
};

template <class Value>
class Stripes {
 public:
  // The part that a name belongs to, always the same.
  Stripe<Value>& of(std::string_view name) { return parts_[NameHash{}(name) % kParts]; }
  const Stripe<Value>& of(std::string_view name) const { return parts_[NameHash{}(name) % kParts]; }

  static constexpr std::size_t size() { return kParts; }
  Stripe<Value>& at(std::size_t index) { return parts_[index]; }
  auto begin() { return parts_.begin(); }
  auto end() { return parts_.end(); }
  auto begin() const { return parts_.begin(); }
  auto end() const { return parts_.end(); }

 private:
  static constexpr std::size_t kParts = 64;

  std::array<Stripe<Value>, kParts> parts_;
};

}  // namespace microframe::hub
