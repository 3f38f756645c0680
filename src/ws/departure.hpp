// Departure: another node asks for a session. Who asked is told once: given the session, or nothing.
// Threading: one at a time.
#pragma once

#include <exception>
#include <functional>
#include <utility>

#include "ws/session_export.hpp"

namespace microframe::ws {

class Departure {
 public:
  // session: nullptr: it stays, or has ended.
  using Told = std::function<void(const SessionExport* session)>;

  explicit Departure(Told told) : told_(std::move(told)) {}
  Departure(const Departure&) = delete;
  Departure& operator=(const Departure&) = delete;
  // Without memory to say so, who asked waits for nothing.
  ~Departure() {
    try {
      if (told_) told_(nullptr);
    } catch (const std::exception&) {
    }
  }

  void go(const SessionExport& session) { std::exchange(told_, nullptr)(&session); }

 private:
  Told told_;
};

}  // namespace microframe::ws
