// Reply: what becomes of a message that a Client has sent. It may be let go: what was sent is sent.
// Threading: one thread, whichever.
#pragma once

#include <coroutine>
#include <functional>
#include <memory>

#include "microframe/client/events.hpp"
#include "microframe/json.hpp"

namespace microframe {

namespace detail {
class PendingReply;
class Waiting;
}  // namespace detail

class Reply {
 public:
  explicit Reply(std::shared_ptr<detail::PendingReply> pending);
  Reply(Reply&& other) noexcept;
  Reply& operator=(Reply&& other) noexcept;
  ~Reply();

  // Waits: Json answer = co_await reply. A coroutine on a loop goes on there; any other thread is
  // blocked. Name the Reply first and await it after: g++ 12 miscompiles `co_await
  // client.send({..})`. returns: what the server's hook returned; null if that was nothing, and for
  // ClientOptions::plain. errors:  ClientError.
  bool await_ready();
  bool await_suspend(std::coroutine_handle<> waiting);
  Json await_resume();

  // The same for code that is no coroutine: blocks. errors: also std::logic_error on a loop's
  // thread, which must not be blocked.
  Json get();

  // The same without waiting: one of the two is called, on the client's thread, or at once and here
  // if it is known already. Once, and not beside the others.
  void then(std::function<void(const Json&)> done,
            std::function<void(const ClientError&)> failed = {});

 private:
  void forget();

  std::shared_ptr<detail::PendingReply> pending_;
  std::shared_ptr<detail::Waiting> waiting_;
};

}  // namespace microframe
