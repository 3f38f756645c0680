// Reply: the answer to a message that a Client has sent. A Reply may be dropped; the message is
// sent all the same. Threading: one thread, any.
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

  // Waits: Json answer = co_await reply. A coroutine on a loop is resumed on that loop; any other
  // thread is blocked. Name the Reply first and await it after, because g++ 12 miscompiles
  // `co_await client.send({..})`.
  // returns: what the server's hook returned; null if it returned nothing, and with
  //          ClientOptions::plain.
  // errors:  ClientError.
  bool await_ready();
  bool await_suspend(std::coroutine_handle<> waiting);
  Json await_resume();

  // The same for code that is no coroutine: blocks the thread.
  // errors: ClientError; std::logic_error on a loop's thread, which must not be blocked.
  Json get();

  // The same without waiting: calls one of the two functions, on the client's thread, or in here if
  // the answer has already come. Call it once, and none of the methods above beside it.
  void then(std::function<void(const Json&)> done,
            std::function<void(const ClientError&)> failed = {});

 private:
  void forget();

  std::shared_ptr<detail::PendingReply> pending_;
  std::shared_ptr<detail::Waiting> waiting_;
};

}  // namespace microframe
