// KeyStore: the keys of every issuer that the site's endpoints trust: a thread that fetches them,
// and those who wait for some. Threading: add() and start() before anyone else uses the store; then
// every method from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "authx/key_cache.hpp"
#include "base/mutex.hpp"
#include "keys/fetcher.hpp"
#include "microframe/authx/jwks_source.hpp"
#include "microframe/detail/scheduler.hpp"

namespace microframe::keys {

class KeyStore {
 private:
  struct Waiter;

 public:
  using Moment = authx::KeyCache::Moment;
  using Outlook = authx::KeyCache::Outlook;
  using MakeFetcher = std::function<std::unique_ptr<Fetcher>()>;

  // Somebody who waits for the keys of one source, on the loop that waits. While the Wait lives,
  // its owner is told, once, that a fetch has ended. It must not outlive the store.
  class Wait {
   public:
    Wait() = default;
    Wait(Wait&&) = default;
    Wait& operator=(Wait&& other) noexcept {
      std::swap(store_, other.store_);
      std::swap(waiter_, other.waiter_);
      return *this;
    }
    ~Wait();

   private:
    friend class KeyStore;
    KeyStore* store_ = nullptr;
    std::shared_ptr<Waiter> waiter_;
  };

  // Fetches by HTTP (KeyFetcher).
  KeyStore();
  // make_fetcher: called by start(), if there is a source.
  explicit KeyStore(MakeFetcher make_fetcher);
  // Nobody waits any more.
  ~KeyStore() { stop(); }
  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;

  // returns: the source's number in the store; equal sources have one.
  std::size_t add(const authx::JwksSource& source);
  // Begins to fetch, if there is a source.
  void start();
  void stop();

  // returns: nullptr while no keys of the source are known.
  std::shared_ptr<const authx::KeySet> keys(std::size_t source) const;

  // A key was not among keys() at `since`, nor at `looked`, when they were looked at last: has them
  // fetched as soon as the source allows, once however many ask.
  Outlook want(std::size_t source, Moment since, Moment looked, Moment deadline);
  // The same on a loop. If the outlook is `coming`, told() is called on that loop when a fetch has
  // ended, as long as `wait` lives.
  Outlook wait(std::size_t source, Moment since, Moment looked, Moment deadline,
               std::function<void()> told, Wait& wait);
  // How long until the next fetch may begin.
  std::chrono::seconds retry_after(std::size_t source) const;

  std::uint64_t fetches() const { return fetches_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  // Touched by its loop alone, but for `home`.
  struct Waiter {
    detail::Scheduler* home;
    std::size_t source;
    std::function<void()> told;  // empty once called, or when nobody wants to know any more
  };
  // What is known of a source.
  struct State {
    authx::KeyCache cache;
    std::set<std::shared_ptr<Waiter>> waiters;
    bool failing = false;
  };

  void run();
  // Begins the fetches that are due.
  // returns: how long none will be due; nullopt when the store ends.
  std::optional<std::chrono::milliseconds> begin_due() MICROFRAME_EXCLUDES(mutex_);
  void settle(Fetcher::Answer answer) MICROFRAME_EXCLUDES(mutex_);
  // What a fetch has brought, said once for each change.
  void log(std::size_t source, const authx::KeySet* before, const authx::KeySet* now,
           const std::string& error) MICROFRAME_REQUIRES(mutex_);
  void forget(const std::shared_ptr<Waiter>& waiter) MICROFRAME_EXCLUDES(mutex_);

  const MakeFetcher make_fetcher_;
  // Once started, neither of these two changes.
  std::vector<authx::JwksSource> sources_;
  std::unique_ptr<Fetcher> fetcher_;
  mutable base::Mutex mutex_;
  std::vector<State> states_ MICROFRAME_GUARDED_BY(mutex_);  // one for each of sources_
  bool ending_ MICROFRAME_GUARDED_BY(mutex_) = false;
  std::atomic<std::uint64_t> fetches_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::thread thread_;
};

}  // namespace microframe::keys
