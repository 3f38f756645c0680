// PendingReply: the value or error that a Reply waits for and a client settles. Threading:
// succeed() or fail() on the client's loop, once; the rest on the thread of the Reply. The lock is
// held for moments, and while the waiting coroutine is posted, so that a coroutine that no longer
// waits is not resumed.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "microframe/client/events.hpp"
#include "microframe/detail/scheduler.hpp"
#include "microframe/json.hpp"

namespace microframe::detail {

class PendingReply {
 public:
  using Done = std::function<void(const Json&)>;
  using Failed = std::function<void(const ClientError&)>;

  void succeed(Json value);
  void fail(ClientError error);

  bool is_settled();
  // Blocks until the reply is settled.
  void wait();
  // Resumes `waiting` on `home` when the reply is settled.
  // returns: false if the reply is already settled; `waiting` is then not resumed.
  bool resume_later(std::shared_ptr<Waiting> waiting, Scheduler& home);
  // Resumes nobody any more.
  void forget();
  // returns: the value. Once.
  // errors:  ClientError.
  Json take();
  // Calls one of the two when the reply is settled, at once if it already is.
  void then(Done done, Failed failed);

 private:
  template <class Change>
  void settle(Change&& change);
  static void call(const Done& done, const Failed& failed, const std::optional<Json>& value,
                   const std::optional<ClientError>& error);

  std::mutex mutex_;
  std::condition_variable settled_;
  std::optional<Json> value_;
  std::optional<ClientError> error_;
  std::shared_ptr<Waiting> waiting_;
  Scheduler* home_ = nullptr;
  Done done_;
  Failed failed_;
};

}  // namespace microframe::detail
