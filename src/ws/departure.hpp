// Departure: another node asks for a session, because its client has come there. Who asked is told once
// what becomes of it. Threading: one at a time.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <utility>

#include "ws/session_export.hpp"

namespace microframe::ws {

class Departure {
 public:
  enum class End : std::uint8_t {
    goes,       // to who has asked
    none,       // there is none: the client begins anew
    overtaken,  // a later attempt has come, and the client is no longer there
  };
  // session: nullptr unless it goes.
  using Told = std::function<void(End end, const SessionExport* session)>;

  explicit Departure(Told told) : told_(std::move(told)) {}
  Departure(const Departure&) = delete;
  Departure& operator=(const Departure&) = delete;
  // What is dropped is overtaken. Without memory to say so, who asked waits for nothing.
  ~Departure() {
    try {
      if (told_) told_(End::overtaken, nullptr);
    } catch (const std::exception&) {
    }
  }

  void go(const SessionExport& session) { std::exchange(told_, nullptr)(End::goes, &session); }
  void refuse() { std::exchange(told_, nullptr)(End::none, nullptr); }

 private:
  Told told_;
};

}  // namespace microframe::ws
