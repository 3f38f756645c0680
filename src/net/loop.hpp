// Loop: one event loop and the thread that runs it. libuv's, with what every connection on it
// shares. Threading: made anywhere; then everything but post(), stop() and is_current() belongs to
// the thread in run().
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/mpsc_queue.hpp"
#include "base/timer_wheel.hpp"
#include "microframe/detail/scheduler.hpp"
#include "net/flush_queue.hpp"
#include "net/io.hpp"

struct uv_loop_s;

namespace microframe::net {

class ReadySet;

class Loop final : public detail::Scheduler {
 public:
  // errors: ConfigError if the system has no descriptors left, or not the io_uring that is asked
  // for.
  explicit Loop(Io io = Io::plain);
  // Not while run() is under way.
  ~Loop() override;

  // Serves until stop(), then closes every handle of the loop, waits for its workers, and returns.
  // Once.
  void run();
  // Ends run() soon, after what was posted before. Needs no memory. Any thread.
  void stop();

  // detail::Scheduler. What the loop itself posts runs at the end of its iteration, without waking
  // anyone. A callback that runs out of memory is logged and over: who posts one that matters
  // catches that himself.
  void post(std::function<void()> callback) override;
  // Runs `callback` behind all that any thread has posted before, the loop itself with this too:
  // post() from the loop may overtake what others have posted.
  void post_behind(std::function<void()> callback);
  void after(std::chrono::milliseconds delay, std::function<void()> callback) override;
  void work(std::function<void()> job, std::function<void()> done) override;

  // Whether the caller runs on this loop.
  bool is_current() const { return current() == this; }
  // Monotonic time at the start of this iteration.
  std::uint64_t now_ms() const;
  // Has now_ms() tell the time of this moment, where the iteration may have been a long one.
  void update_now();
  // Deadlines, two ticks (200 ms) late at most, and later on a loop that was held up.
  base::TimerWheel& wheel() { return wheel_; }
  // Where each socket of the loop receives into: what lies there is good until the next receive.
  base::MutableBytes receive_buffer() { return {receive_buffer_.get(), kReceiveBytes}; }
  // Who of the loop's sockets can be read or written.
  ReadySet& ready_set() { return *ready_set_; }
  // Who of the loop's sockets has something to send when this iteration ends.
  FlushQueue& flush_queue() { return flush_queue_; }

  uv_loop_s* handle() { return uv_.get(); }

 private:
  struct Handles;
  enum class Life : std::uint8_t {
    serving,   // or about to
    stopping,  // stop() was called
    ended,     // run() has returned
  };
  static constexpr std::size_t kReceiveBytes = 256 * 1024;

  void woken();
  void drain_posts();
  void end_iteration();
  void tick();

  std::unique_ptr<uv_loop_s> uv_;
  std::unique_ptr<Handles> handles_;
  std::unique_ptr<ReadySet> ready_set_;
  base::MpscQueue<std::function<void()>> posts_;  // from other threads
  std::vector<std::function<void()>> own_posts_;
  std::atomic<bool> woken_{false};
  std::atomic<Life> life_{Life::serving};
  base::TimerWheel wheel_;
  std::uint64_t ticked_ms_ = 0;
  bool stalled_ = false;  // the last tick was late, and left the wheel alone
  std::unique_ptr<std::byte[]> receive_buffer_;
  FlushQueue flush_queue_;
};

}  // namespace microframe::net
