// KeyStore: the keys of every issuer that the site's endpoints trust: a thread that fetches them,
// and those who wait for some. Threading: add() and start() before anyone else uses it; then every
// method from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "authx/key_cache.hpp"
#include "keys/key_fetcher.hpp"
#include "microframe/authx/jwks_source.hpp"
#include "microframe/detail/scheduler.hpp"

namespace microframe::keys {

class KeyStore {
 private:
  struct Waiter;

 public:
  using Moment = authx::KeyCache::Moment;
  using Outlook = authx::KeyCache::Outlook;

  // Somebody who waits for the keys of one source, on the loop that waits. While it lives it is
  // told, once, that a fetch has ended.
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

  KeyStore() = default;
  // Nobody waits any more.
  ~KeyStore() { stop(); }
  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;

  // returns: the source's number here; equal sources have one.
  std::size_t add(const authx::JwksSource& source);
  // Begins to fetch, if there is a source.
  void start();
  void stop();

  // nullptr while none are known.
  std::shared_ptr<const authx::KeySet> keys(std::size_t source) const;

  // A key was not among keys() at `since`: has them fetched as soon as may be, once however many
  // ask.
  Outlook want(std::size_t source, Moment since, Moment deadline);
  // The same on a loop; told() is called there when a fetch has ended, if the outlook is that one
  // is coming.
  Outlook wait(std::size_t source, Moment since, Moment deadline, std::function<void()> told,
               Wait& wait);
  // Until the next fetch may begin.
  std::chrono::seconds retry_after(std::size_t source) const;

  std::uint64_t fetches() const { return fetches_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  // On its loop alone, but for `home`.
  struct Waiter {
    detail::Scheduler* home;
    std::size_t source;
    std::function<void()> told;  // empty once it is told, or nobody wants to know any more
  };
  struct Source {
    authx::JwksSource source;
    authx::KeyCache cache;
    std::set<std::shared_ptr<Waiter>> waiters;
    bool failing = false;
  };

  void run();
  Moment begin_due(Moment now);
  void settle(KeyFetcher::Answer answer);
  // What a fetch has brought, said once for each change.
  static void log(Source& of, const authx::KeySet* before, const authx::KeySet* now,
                  const std::string& error);
  void forget(const std::shared_ptr<Waiter>& waiter);

  mutable std::mutex mutex_;
  std::vector<Source> sources_;
  bool ending_ = false;
  std::unique_ptr<KeyFetcher> fetcher_;  // once started
  std::atomic<std::uint64_t> fetches_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::thread thread_;
};

}  // namespace microframe::keys
