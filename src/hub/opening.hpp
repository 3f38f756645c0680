// Opening: who waits to be seated in a room that does not hear yet what other nodes send in it. A room
// is opened once. Threading: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/mutex.hpp"
#include "base/ref.hpp"
#include "hub/receiver.hpp"

namespace microframe::hub {

class Opening {
 public:
  struct Waiting {
    base::Ref<Receiver> who;
    JoinWish wish;
    std::function<void()> go;  // on any thread, once the room is open
  };

  // number: that of no other on this node.
  explicit Opening(std::uint64_t number) : number_(number) {}

  std::uint64_t number() const { return number_; }
  bool is_over() const { return over_.load(std::memory_order_acquire); }
  // returns: false once the room is open: nobody needs to wait.
  // errors: std::bad_alloc; then nothing has changed.
  bool wait(Waiting waiting);
  // The place of a receiver that may be seated now, or goes: the first that it waits in.
  std::optional<Waiting> take(const Receiver& who);
  // The room is open: has everyone told, who stay here until they are taken.
  // errors: std::bad_alloc; some may not have been told.
  void end();

 private:
  const std::uint64_t number_;
  std::atomic<bool> over_{false};
  base::Mutex mutex_;
  std::vector<Waiting> waiting_ MICROFRAME_GUARDED_BY(mutex_);
};

}  // namespace microframe::hub
