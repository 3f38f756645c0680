// FakeFetcher: a Fetcher whose answers a test gives by hand, from the test's own thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "keys/fetcher.hpp"

namespace test {

// What the test and the fetcher share: the fetcher belongs to its store.
class FetcherDesk {
 public:
  // Waits until so many fetches have begun in all.
  // returns: the ids of all of them, in their order.
  std::vector<std::size_t> wait_for_fetches(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_.size() >= count; });
    return begun_;
  }
  void answer(std::size_t id, std::string body,
              std::optional<std::chrono::seconds> max_age = std::nullopt) {
    give({id, std::move(body), {}, max_age});
  }
  void fail(std::size_t id, std::string error) { give({id, {}, std::move(error), {}}); }
  // The next fetches find no memory.
  void lack_memory() {
    const std::lock_guard lock(mutex_);
    memory_ = false;
  }

  void begin(std::size_t id) {
    const std::lock_guard lock(mutex_);
    begun_.push_back(id);
    changed_.notify_all();
    if (!memory_) throw std::bad_alloc();
  }
  std::vector<microframe::keys::Fetcher::Answer> take(std::chrono::milliseconds at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [&] { return woken_ || !answers_.empty(); });
    woken_ = false;
    return std::exchange(answers_, {});
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

 private:
  void give(microframe::keys::Fetcher::Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> begun_;
  std::vector<microframe::keys::Fetcher::Answer> answers_;
  bool memory_ = true;
  bool woken_ = false;
};

class FakeFetcher final : public microframe::keys::Fetcher {
 public:
  explicit FakeFetcher(std::shared_ptr<FetcherDesk> desk) : desk_(std::move(desk)) {}

  void begin(std::size_t id, const microframe::authx::JwksSource&) override { desk_->begin(id); }
  std::vector<Answer> work(std::chrono::milliseconds at_most) override {
    return desk_->take(at_most);
  }
  void wake() override { desk_->wake(); }

 private:
  const std::shared_ptr<FetcherDesk> desk_;
};

}  // namespace test
