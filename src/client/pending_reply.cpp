#include "client/pending_reply.hpp"

#include <exception>
#include <string>
#include <utility>

#include "base/log.hpp"

namespace microframe::detail {

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

// As in every handler, what the application's function throws is logged and goes no further.
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
  // A new string, because copies of an exception share theirs, and the count of that sharing is in
  // code that the thread sanitizer does not see.
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

}  // namespace microframe::detail
