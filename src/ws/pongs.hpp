// Pongs: the answers to a peer's pings while its socket is full (RFC 6455 §5.5.3: an answer to the
// most recent ping is enough). One pong waits in the socket; of the later ones only the newest is
// kept here. Threading: its loop.
#pragma once

#include <memory>
#include <utility>

#include "base/shared_buffer.hpp"

namespace microframe::ws {

class Pongs {
 public:
  // returns: the pong, if it must be queued now; an empty buffer if it was kept in place of those
  // before.
  base::SharedBuffer queue(base::SharedBuffer pong) {
    if (!kept_) kept_ = std::make_unique<Kept>();
    if (kept_->waiting && !kept_->waiting.is_last()) {
      kept_->next = std::move(pong);
      return {};
    }
    kept_->waiting = pong;
    kept_->next = {};
    return pong;
  }
  // The socket has room again.
  // returns: what was kept, which must be sent now; an empty buffer if nothing was.
  base::SharedBuffer take() {
    const auto kept = std::exchange(kept_, nullptr);
    return kept ? std::move(kept->next) : base::SharedBuffer();
  }

 private:
  struct Kept {
    base::SharedBuffer waiting;  // in the socket
    base::SharedBuffer next;     // the answer to the last ping since
  };
  std::unique_ptr<Kept> kept_;  // from the first ping on that met a full socket
};

}  // namespace microframe::ws
