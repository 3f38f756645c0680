// PendingReply: what a Reply waits for, and a client settles. Threading: settle() on the client's
// loop, once; the rest on the thread of the Reply. The lock is held for moments, and while a post
// is made, so that whoever waits no more is not woken.
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
  // Blocks until it is settled.
  void wait();
  // Has `waiting` resumed on `home` when it is settled. returns: false if it is already.
  bool resume_later(std::shared_ptr<Waiting> waiting, Scheduler& home);
  // Nobody is to be resumed any more.
  void forget();
  // The value, once. errors: ClientError.
  Json take();
  // Calls one of the two when it is settled, or at once.
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
