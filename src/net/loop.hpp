// Loop: one event loop (libuv's) with what every connection on it shares. Threading: a loop is
// made on any thread; then everything but post(), stop() and is_current() belongs to the thread
// in run().
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "base/histogram.hpp"
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
  // errors: ConfigError if the system has no descriptors left, or lacks the io_uring that `io`
  // requires.
  explicit Loop(Io io = Io::plain);
  // Not while run() is under way.
  ~Loop() override;

  // Serves until stop(), then closes every handle of the loop, waits for its workers, and returns.
  // Called once.
  void run();
  // Ends run() soon, after what was posted before. Allocates nothing. Any thread.
  void stop();

  // detail::Scheduler. What the loop itself posts runs at the end of its iteration, without
  // waking anyone. If a callback throws std::bad_alloc, that is logged and the callback is over:
  // a callback that must not be lost catches the exception itself.
  void post(std::function<void()> callback) override;
  // Runs `callback` after everything that was posted before, by any thread. (What the loop posts
  // itself by post() may overtake what other threads have posted.)
  void post_behind(std::function<void()> callback);
  // Runs `callback` in the loop's next iteration: whatever is ready now is served before it. Only on
  // the loop's thread.
  // errors: std::bad_alloc; then nothing is posted.
  void post_next(std::function<void()> callback);
  void after(std::chrono::milliseconds delay, std::function<void()> callback) override;
  void work(std::function<void()> job, std::function<void()> done) override;

  // Whether the caller runs on this loop.
  bool is_current() const { return current() == this; }
  // The number of this iteration, from 1.
  std::uint64_t iteration() const { return iteration_; }
  // Monotonic time at the start of this iteration.
  std::uint64_t now_ms() const;
  // Sets now_ms() to the present moment, for when the iteration may have been a long one.
  void update_now();
  // Deadlines. They come at most two ticks (200 ms) late, or later if the loop was held up.
  base::TimerWheel& wheel() { return wheel_; }
  // Every socket of the loop receives into this buffer: its content is good until the next receive.
  base::MutableBytes receive_buffer() { return {receive_buffer_.get(), kReceiveBytes}; }
  // Has noted in `lag` from now on how late the loop's ticks come, ten a second: how long whatever comes
  // to the loop has to wait. Before run(), which `lag` outlives.
  void measure_lag(base::Histogram& lag) { lag_ = &lag; }
  // Which of the loop's sockets can be read or written.
  ReadySet& ready_set() { return *ready_set_; }
  // Which of the loop's sockets have something to send when this iteration ends.
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

  void wake();
  void woken();
  void drain_posts();
  void end_iteration();
  void tick();

  std::unique_ptr<uv_loop_s> uv_;
  std::unique_ptr<Handles> handles_;
  std::unique_ptr<ReadySet> ready_set_;
  base::MpscQueue<std::function<void()>> posts_;  // from other threads
  std::vector<std::function<void()>> own_posts_;
  std::vector<std::function<void()>> next_posts_;
  std::uint64_t iteration_ = 1;
  std::atomic<bool> woken_{false};
  std::atomic<Life> life_{Life::serving};
  base::TimerWheel wheel_;
  std::uint64_t ticked_ms_ = 0;
  base::Histogram* lag_ = nullptr;
  bool stalled_ = false;  // the last tick was late, and left the wheel alone
  std::unique_ptr<std::byte[]> receive_buffer_;
  FlushQueue flush_queue_;
};

}  // namespace microframe::net
