#include "keys/key_store.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/chance.hpp"
#include "base/log.hpp"

namespace microframe::keys {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Nothing is due so rarely that a look at the time every minute costs.
constexpr milliseconds kLookAgain{60'000};

// The keys of an answer, or nullptr, and why in its error.
std::shared_ptr<const authx::KeySet> read(KeyFetcher::Answer& answer,
                                          const authx::JwksSource& source) {
  try {
    auto parsed = authx::KeySet::parse(answer.body, source.algorithms());
    if (parsed) return std::make_shared<const authx::KeySet>(std::move(*parsed));
    answer.error = to_string(parsed.error());
  } catch (const std::bad_alloc&) {
    answer.error = "out of memory";
  }
  return nullptr;
}

}  // namespace

KeyStore::Wait::~Wait() {
  if (!waiter_) return;
  waiter_->told = {};
  store_->forget(waiter_);
}

std::size_t KeyStore::add(const authx::JwksSource& source) {
  const auto same = [&](const Source& one) { return one.source == source; };
  const auto found = std::find_if(sources_.begin(), sources_.end(), same);
  const auto number = static_cast<std::size_t>(found - sources_.begin());
  if (found == sources_.end())
    sources_.push_back({source, authx::KeyCache(source, steady_clock::now()), {}, false});
  return number;
}

void KeyStore::start() {
  if (sources_.empty()) return;
  fetcher_ = std::make_unique<KeyFetcher>();
  thread_ = std::thread([this] { run(); });
}

void KeyStore::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  fetcher_->wake();
  thread_.join();
}

// --- what anybody asks ---

std::shared_ptr<const authx::KeySet> KeyStore::keys(std::size_t source) const {
  const std::lock_guard lock(mutex_);
  return sources_[source].cache.keys(steady_clock::now());
}

KeyStore::Outlook KeyStore::want(std::size_t source, Moment since, Moment deadline) {
  const std::lock_guard lock(mutex_);
  authx::KeyCache& cache = sources_[source].cache;
  const Moment before = cache.next_fetch();
  const Outlook outlook = cache.want(since, deadline);
  if (cache.next_fetch() < before) fetcher_->wake();
  return outlook;
}

KeyStore::Outlook KeyStore::wait(std::size_t source, Moment since, Moment deadline,
                                 std::function<void()> told, Wait& wait) {
  Wait made;
  made.store_ = this;
  made.waiter_ =
      std::make_shared<Waiter>(Waiter{detail::Scheduler::current(), source, std::move(told)});
  // Before it is asked for: a fetch that ends meanwhile must not be missed.
  {
    const std::lock_guard lock(mutex_);
    sources_[source].waiters.insert(made.waiter_);
  }
  const Outlook outlook = want(source, since, deadline);
  if (outlook == Outlook::coming) wait = std::move(made);
  return outlook;
}

std::chrono::seconds KeyStore::retry_after(std::size_t source) const {
  const std::lock_guard lock(mutex_);
  const authx::KeyCache& cache = sources_[source].cache;
  const auto now = steady_clock::now();
  constexpr std::chrono::seconds kSoon{1};
  if (cache.is_fetching() || cache.next_fetch() <= now) return kSoon;
  return std::chrono::ceil<std::chrono::seconds>(cache.next_fetch() - now) + kSoon;
}

void KeyStore::forget(const std::shared_ptr<Waiter>& waiter) {
  const std::lock_guard lock(mutex_);
  sources_[waiter->source].waiters.erase(waiter);
}

// --- the thread ---

void KeyStore::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const auto now = steady_clock::now();
    const auto wait = std::chrono::ceil<milliseconds>(begin_due(now) - now);
    lock.unlock();
    auto answers = fetcher_->work(std::clamp(wait, milliseconds{0}, kLookAgain));
    for (auto& answer : answers) settle(std::move(answer));
    lock.lock();
  }
}

// Under the lock. returns: when the next fetch is due.
KeyStore::Moment KeyStore::begin_due(Moment now) {
  Moment next = now + kLookAgain;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& one = sources_[i];
    if (one.cache.next_fetch() <= now) {
      one.cache.begin(now);
      try {
        fetcher_->begin(i, one.source);
      } catch (const std::bad_alloc&) {
        one.cache.fail(base::chance());
      }
      fetches_.fetch_add(1, std::memory_order_relaxed);
    }
    next = std::min(next, one.cache.next_fetch());
  }
  return next;
}

void KeyStore::settle(KeyFetcher::Answer answer) {
  // What never changes once added; reading a hundred keys takes a while, which no loop should wait
  // for.
  Source& of = sources_[answer.id];
  std::shared_ptr<const authx::KeySet> keys;
  if (answer.error.empty()) keys = read(answer, of.source);
  std::set<std::shared_ptr<Waiter>> told;
  {
    const std::lock_guard lock(mutex_);
    const auto before = of.cache.keys(steady_clock::now());
    if (keys) {
      of.cache.succeed(keys, answer.max_age, base::chance());
    } else {
      of.cache.fail(base::chance());
      failures_.fetch_add(1, std::memory_order_relaxed);
    }
    told = std::exchange(of.waiters, {});
    log(of, before.get(), keys.get(), answer.error);
  }
  for (const auto& waiter : told) {
    try {
      waiter->home->post([waiter] {
        if (const auto tell = std::exchange(waiter->told, {})) tell();
      });
    } catch (const std::bad_alloc&) {  // it has a deadline
    }
  }
}

void KeyStore::log(Source& of, const authx::KeySet* before, const authx::KeySet* now,
                   const std::string& error) {
  const bool was_failing = std::exchange(of.failing, now == nullptr);
  if (!now) {
    base::log::warn("keys not fetched", {{"issuer", of.source.issuer()},
                                         {"why", error},
                                         {"known", before ? std::to_string(before->size()) : "0"}});
  } else if (was_failing || !before || !before->names_as(*now)) {
    base::log::info("keys fetched", {{"issuer", of.source.issuer()},
                                     {"keys", std::to_string(now->size())},
                                     {"passed_over", now->passed_over()}});
  }
}

}  // namespace microframe::keys
