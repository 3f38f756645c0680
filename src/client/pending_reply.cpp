#include "client/pending_reply.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "microframe/client/reply.hpp"

namespace microframe {
namespace detail {

template <class Change>
void PendingReply::settle(Change&& change) {
  Done done;
  Failed failed;
  {
    const std::lock_guard lock(mutex_);
    change();
    if (home_) home_->post([waiting = std::move(waiting_)] { waiting->resume(); });
    home_ = nullptr;
    done = std::exchange(done_, {});
    failed = std::exchange(failed_, {});
    settled_.notify_all();
  }
  if (done || failed) call(done, failed, value_, error_);
}

void PendingReply::succeed(Json value) {
  settle([&] { value_ = std::move(value); });
}

void PendingReply::fail(ClientError error) {
  settle([&] { error_.emplace(std::move(error)); });
}

// What the application throws ends here, as in every handler.
void PendingReply::call(const Done& done, const Failed& failed, const std::optional<Json>& value,
                        const std::optional<ClientError>& error) {
  try {
    if (value && done) done(*value);
    if (error && failed) failed(*error);
  } catch (const std::exception& thrown) {
    base::log::limited(base::log::Level::error, "a client's handler failed",
                       {{"handler", "then"}, {"what", thrown.what()}});
  } catch (...) {
    base::log::limited(base::log::Level::error, "a client's handler failed", {{"handler", "then"}});
  }
}

bool PendingReply::is_settled() {
  const std::lock_guard lock(mutex_);
  return value_ || error_;
}

void PendingReply::wait() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return value_ || error_; });
}

bool PendingReply::resume_later(std::shared_ptr<Waiting> waiting, Scheduler& home) {
  const std::lock_guard lock(mutex_);
  if (value_ || error_) return false;
  waiting_ = std::move(waiting);
  home_ = &home;
  return true;
}

void PendingReply::forget() {
  const std::lock_guard lock(mutex_);
  waiting_.reset();
  home_ = nullptr;
}

Json PendingReply::take() {
  const std::lock_guard lock(mutex_);
  // Words of its own: copies of an exception share theirs, counted where no thread sanitizer sees
  // it.
  if (error_) throw ClientError(error_->code(), std::string(error_->what()));
  return std::move(*value_);
}

void PendingReply::then(Done done, Failed failed) {
  {
    const std::lock_guard lock(mutex_);
    if (!value_ && !error_) {
      done_ = std::move(done);
      failed_ = std::move(failed);
      return;
    }
  }
  call(done, failed, value_, error_);
}

}  // namespace detail

Reply::Reply(std::shared_ptr<detail::PendingReply> pending) : pending_(std::move(pending)) {}
Reply::Reply(Reply&& other) noexcept = default;

Reply& Reply::operator=(Reply&& other) noexcept {
  std::swap(pending_, other.pending_);
  std::swap(waiting_, other.waiting_);
  return *this;
}

Reply::~Reply() {
  forget();
}

void Reply::forget() {
  if (!waiting_) return;
  pending_->forget();
  waiting_->forget();
}

bool Reply::await_ready() {
  if (!detail::Scheduler::current()) pending_->wait();
  return pending_->is_settled();
}

bool Reply::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = std::make_shared<detail::Waiting>();
  waiting_->set(waiting);
  return pending_->resume_later(waiting_, *detail::Scheduler::current());
}

Json Reply::await_resume() {
  return pending_->take();
}

Json Reply::get() {
  if (detail::Scheduler::current())
    throw std::logic_error("Reply::get() would block a loop: co_await the reply, or use then()");
  pending_->wait();
  return pending_->take();
}

void Reply::then(std::function<void(const Json&)> done,
                 std::function<void(const ClientError&)> failed) {
  pending_->then(std::move(done), std::move(failed));
}

}  // namespace microframe
