// Workers: threads for functions of an application that may block for ever, such as one that asks
// for a token. Each call has a thread of its own, so that none waits for another, and nobody waits
// for the threads. Threading: made and destroyed on any thread; run() belongs to the loop's.
#pragma once

#include <functional>
#include <memory>

#include "net/loop.hpp"

namespace microframe::client {

class Workers {
 public:
  // loop: must outlive this.
  explicit Workers(net::Loop& loop);
  // From here on no `done` is called. Jobs that are under way go on.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs `job` on a thread of its own, then `done` on the loop. If the system gives no thread,
  // `done` alone is run.
  void run(std::function<void()> job, std::function<void()> done);

 private:
  struct Home;
  const std::shared_ptr<Home> home_;
};

}  // namespace microframe::client
