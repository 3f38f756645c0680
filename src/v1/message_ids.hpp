// MessageIds: which of a client's numbered frames a session has had (docs/protocol.md: each is
// handled once). Ids rise, so one number tells of all frames. There are two, because a frame that
// waits for a hook can be lost with its connection and is then sent again.
#pragma once

#include <cstdint>

namespace microframe::v1 {

class MessageIds {
 public:
  // Whether a frame with this id must be handled; false: it is a repeat. 0 (no id) always must.
  bool accept(std::uint64_t id) {
    if (id == 0) return true;
    if (id <= accepted_) return false;
    accepted_ = id;
    return true;
  }
  // The frame is being handled from now on, whatever comes of it.
  void begin(std::uint64_t id) {
    if (id > handled_) handled_ = id;
  }
  // Frames that were accepted and have not begun are dropped: they may come again.
  void rewind() { accepted_ = handled_; }

  // Goes on where another has come to.
  void restore(std::uint64_t handled) { accepted_ = handled_ = handled; }

  std::uint64_t handled() const { return handled_; }

 private:
  std::uint64_t accepted_ = 0;
  std::uint64_t handled_ = 0;
};

}  // namespace microframe::v1
