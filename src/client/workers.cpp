#include "client/workers.hpp"

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace microframe::client {

// What the threads share: whether there is still a loop to come back to.
struct Workers::Home {
  explicit Home(net::Loop& its_loop) : loop(&its_loop) {}

  void post(std::function<void()> done) {
    const std::lock_guard lock(mutex);
    if (loop) loop->post_behind(std::move(done));
  }

  std::mutex mutex;
  net::Loop* loop;  // nullptr once the Workers are gone
};

Workers::Workers(net::Loop& loop) : home_(std::make_shared<Home>(loop)) {}

Workers::~Workers() {
  const std::lock_guard lock(home_->mutex);
  home_->loop = nullptr;
}

void Workers::run(std::function<void()> job, std::function<void()> done) {
  try {
    std::thread([home = home_, job = std::move(job), done] {
      job();
      home->post(done);
    }).detach();
  } catch (const std::system_error&) {
    home_->post(std::move(done));
  }
}

}  // namespace microframe::client
