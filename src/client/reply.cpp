#include "microframe/client/reply.hpp"

#include <stdexcept>
#include <utility>

#include "client/pending_reply.hpp"

namespace microframe {

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
