#include "net/loop.hpp"

#include <fcntl.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <new>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "microframe/config_error.hpp"
#include "net/descriptor.hpp"
#include "net/ready_set.hpp"
#include "net/send_batch.hpp"

namespace microframe::net {
namespace {

// So many callbacks of other threads run in a row; then everybody else on the loop has a turn.
constexpr int kPostsMax = 256;
// A loop that is this late has been held up by a hook.
constexpr std::uint64_t kStallMs = 3 * base::TimerWheel::kTickMs;

void check(int result) {
  if (result == 0) return;
  throw ConfigError(std::string("cannot start an event loop: ") + uv_strerror(result) +
                    ". Raise the limit of open files (ulimit -n), or serve with fewer threads");
}

// libuv aborts where it finds no descriptors for what it shares between loops. See first whether there
// are as many as a loop takes.
void check_descriptors() {
  constexpr std::size_t kOfLoop = 8;
  std::array<Descriptor, kOfLoop> tried;
  for (Descriptor& one : tried) {
    one = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (one.get() < 0) check(-errno);
  }
}

// nullptr: each socket sends for itself.
std::unique_ptr<SendBatch> make_batch(Io io) {
  if (io == Io::plain) return nullptr;
  auto batch = SendBatch::make();
  if (io == Io::uring && !batch)
    throw ConfigError(
        "this kernel has no io_uring to give, or forbids it: set MICROFRAME_IO to auto or plain");
  return batch;
}

template <class Handle>
Loop& loop_of(Handle* handle) {
  return *static_cast<Loop*>(handle->data);
}

void log_out_of_memory() noexcept {
  try {
    base::log::limited(base::log::Level::error, "out of memory", {});
  } catch (const std::bad_alloc&) {
  }
}

// No exception crosses the loop: whatever else waits has its turn.
void call(const std::function<void()>& callback) {
  try {
    callback();
  } catch (const std::bad_alloc&) {
    log_out_of_memory();
  }
}

struct Delayed {
  uv_timer_t timer;
  std::function<void()> callback;
};

struct Work {
  uv_work_t request;
  std::function<void()> job;
  std::function<void()> done;
};

// A Delayed is the only kind of timer whose handle does not have the Loop as its data.
void delete_delayed(uv_handle_t* handle) {
  delete reinterpret_cast<Delayed*>(handle);
}

}  // namespace

struct Loop::Handles {
  uv_async_t wake;
  uv_prepare_t before_poll;  // what timers send must not wait for the poll, which comes after them
  uv_check_t after_poll;
  uv_timer_t tick;
};

Loop::Loop(Io io)
    : uv_(std::make_unique<uv_loop_t>()),
      handles_(std::make_unique<Handles>()),
      receive_buffer_(new std::byte[kReceiveBytes]),
      flush_queue_(make_batch(io)) {
  check_descriptors();
  check(uv_loop_init(uv_.get()));
  uv_->data = this;
  ready_set_ = std::make_unique<ReadySet>(uv_.get());
  ticked_ms_ = now_ms();
  Handles& h = *handles_;
  check(uv_async_init(uv_.get(), &h.wake, [](uv_async_t* wake) { loop_of(wake).woken(); }));
  check(uv_prepare_init(uv_.get(), &h.before_poll));
  check(uv_check_init(uv_.get(), &h.after_poll));
  check(uv_timer_init(uv_.get(), &h.tick));
  h.wake.data = h.before_poll.data = h.after_poll.data = h.tick.data = this;
  uv_prepare_start(&h.before_poll, [](uv_prepare_t* prepare) {
    loop_of(prepare).end_iteration();
    ++loop_of(prepare).iteration_;
  });
  uv_check_start(&h.after_poll, [](uv_check_t* after) { loop_of(after).end_iteration(); });
  uv_timer_start(
      &h.tick, [](uv_timer_t* tick) { loop_of(tick).tick(); }, base::TimerWheel::kTickMs,
      base::TimerWheel::kTickMs);
}

Loop::~Loop() {
  assert(!is_current());
  // Only a running loop closes its handles: a loop that never ran is run for that alone, without
  // what was posted to it.
  if (life_ != Life::ended) {
    while (posts_.pop()) {
    }
    stop();
    run();
  }
  while (posts_.pop()) {
  }
  [[maybe_unused]] const int result = uv_loop_close(uv_.get());
  assert(result == 0);
}

void Loop::run() {
  set_current(this);
  uv_run(uv_.get(), UV_RUN_DEFAULT);
  drain_posts();
  end_iteration();
  uv_walk(
      uv_.get(),
      [](uv_handle_t* handle, void* self) {
        if (uv_is_closing(handle)) return;
        const bool delayed = handle->type == UV_TIMER && handle->data != self;
        uv_close(handle, delayed ? delete_delayed : nullptr);
      },
      this);
  // This waits for workers under way: their functions must not outlive what they use.
  uv_run(uv_.get(), UV_RUN_DEFAULT);
  set_current(nullptr);
  life_ = Life::ended;
}

void Loop::stop() {
  Life serving = Life::serving;
  life_.compare_exchange_strong(serving, Life::stopping, std::memory_order_release,
                                std::memory_order_relaxed);
  uv_async_send(&handles_->wake);
}

void Loop::post(std::function<void()> callback) {
  if (is_current()) return own_posts_.push_back(std::move(callback));
  post_behind(std::move(callback));
}

void Loop::post_behind(std::function<void()> callback) {
  posts_.push(std::move(callback));
  wake();
}

void Loop::post_next(std::function<void()> callback) {
  next_posts_.push_back(std::move(callback));
  wake();
}

void Loop::wake() {
  if (!woken_.exchange(true, std::memory_order_acq_rel)) uv_async_send(&handles_->wake);
}

// The loop stops after what was posted before stop(): while some of that is left, woken() is called
// again. What is posted for the next iteration meanwhile is not run in this one.
void Loop::woken() {
  const bool stopping = life_.load(std::memory_order_acquire) == Life::stopping;
  const auto due = std::exchange(next_posts_, {});
  drain_posts();
  for (const auto& callback : due) call(callback);
  if (stopping && !woken_.load(std::memory_order_acquire)) uv_stop(uv_.get());
}

void Loop::drain_posts() {
  // Cleared first: a callback that is pushed later wakes the loop again; one that was pushed before
  // is found below.
  woken_.exchange(false, std::memory_order_acq_rel);
  for (int i = 0; i < kPostsMax; ++i) {
    const auto callback = posts_.pop();
    if (!callback) return;
    call(*callback);
  }
  wake();
}

void Loop::after(std::chrono::milliseconds delay, std::function<void()> callback) {
  auto* delayed = new Delayed{{}, std::move(callback)};
  check(uv_timer_init(uv_.get(), &delayed->timer));
  delayed->timer.data = delayed;
  const auto fire = [](uv_timer_t* timer) {
    auto* self = static_cast<Delayed*>(timer->data);
    const auto fired = std::move(self->callback);
    uv_close(reinterpret_cast<uv_handle_t*>(timer), delete_delayed);
    call(fired);
  };
  uv_timer_start(&delayed->timer, fire,
                 static_cast<std::uint64_t>(std::max<std::int64_t>(delay.count(), 0)), 0);
}

void Loop::work(std::function<void()> job, std::function<void()> done) {
  auto* work = new Work{{}, std::move(job), std::move(done)};
  work->request.data = work;
  uv_queue_work(
      uv_.get(), &work->request,
      [](uv_work_t* request) { static_cast<Work*>(request->data)->job(); },
      [](uv_work_t* request, int) {
        const std::unique_ptr<Work> self(static_cast<Work*>(request->data));
        call(self->done);
      });
}

std::uint64_t Loop::now_ms() const {
  return uv_now(uv_.get());
}

void Loop::update_now() {
  uv_update_time(uv_.get());
}

// After a stall the deadlines wait for the next tick: libuv runs timers first, and bytes that came
// in time have not been read yet. They wait only once: on a loop that is always late they would
// never come.
void Loop::tick() {
  const std::uint64_t now = now_ms();
  const std::uint64_t last = std::exchange(ticked_ms_, now);
  if (lag_)
    lag_->observe(std::chrono::milliseconds(now - std::min(now, last + base::TimerWheel::kTickMs)));
  stalled_ = now - last > kStallMs && !stalled_;
  if (!stalled_) wheel_.advance(now);
}

// Runs what the iteration has posted, then flushes what it has sent, until both are empty.
void Loop::end_iteration() {
  while (!own_posts_.empty() || !flush_queue_.empty()) {
    for (const auto& callback : std::exchange(own_posts_, {})) call(callback);
    flush_queue_.flush();
  }
}

}  // namespace microframe::net
