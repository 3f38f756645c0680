#include "keys/key_store.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/chance.hpp"
#include "base/log.hpp"
#include "keys/key_fetcher.hpp"

namespace microframe::keys {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A look at the time every minute costs nothing, however rarely a fetch is due.
constexpr milliseconds kLookAgain{60'000};

// returns: the keys of an answer; nullptr if it has none, and its error then says why.
std::shared_ptr<const authx::KeySet> read(Fetcher::Answer& answer,
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

KeyStore::KeyStore() : KeyStore(&make_key_fetcher) {}

KeyStore::KeyStore(MakeFetcher make_fetcher) : make_fetcher_(std::move(make_fetcher)) {}

std::size_t KeyStore::add(const authx::JwksSource& source) {
  const auto found = std::find(sources_.begin(), sources_.end(), source);
  const auto number = static_cast<std::size_t>(found - sources_.begin());
  if (found != sources_.end()) return number;
  const base::Lock lock(mutex_);
  states_.push_back({authx::KeyCache(source, steady_clock::now()), {}});
  sources_.push_back(source);
  return number;
}

void KeyStore::start() {
  if (sources_.empty()) return;
  fetcher_ = make_fetcher_();
  thread_ = std::thread([this] { run(); });
}

void KeyStore::stop() {
  if (!thread_.joinable()) return;
  {
    const base::Lock lock(mutex_);
    ending_ = true;
  }
  fetcher_->wake();
  thread_.join();
}

// --- what anybody asks ---

std::shared_ptr<const authx::KeySet> KeyStore::keys(std::size_t source) const {
  const base::Lock lock(mutex_);
  return states_[source].cache.keys(steady_clock::now());
}

KeyStore::Outlook KeyStore::want(std::size_t source, Moment since, Moment looked, Moment deadline) {
  const base::Lock lock(mutex_);
  authx::KeyCache& cache = states_[source].cache;
  const Moment before = cache.next_fetch();
  const Outlook outlook = cache.want(since, looked, deadline);
  if (cache.next_fetch() < before) fetcher_->wake();
  return outlook;
}

KeyStore::Outlook KeyStore::wait(std::size_t source, Moment since, Moment looked, Moment deadline,
                                 std::function<void()> told, Wait& wait) {
  Wait made;
  made.store_ = this;
  made.waiter_ =
      std::make_shared<Waiter>(Waiter{detail::Scheduler::current(), source, std::move(told)});
  // Before the keys are asked for: a fetch that ends meanwhile must not be missed.
  {
    const base::Lock lock(mutex_);
    states_[source].waiters.insert(made.waiter_);
  }
  const Outlook outlook = want(source, since, looked, deadline);
  if (outlook == Outlook::coming) wait = std::move(made);
  return outlook;
}

std::chrono::seconds KeyStore::retry_after(std::size_t source) const {
  const base::Lock lock(mutex_);
  const authx::KeyCache& cache = states_[source].cache;
  const auto now = steady_clock::now();
  constexpr std::chrono::seconds kSoon{1};
  if (cache.is_fetching() || cache.next_fetch() <= now) return kSoon;
  return std::chrono::ceil<std::chrono::seconds>(cache.next_fetch() - now) + kSoon;
}

void KeyStore::forget(const std::shared_ptr<Waiter>& waiter) {
  const base::Lock lock(mutex_);
  states_[waiter->source].waiters.erase(waiter);
}

// --- the thread ---

void KeyStore::run() {
  while (const auto wait = begin_due()) {
    auto answers = fetcher_->work(*wait);
    for (auto& answer : answers) settle(std::move(answer));
  }
}

std::optional<milliseconds> KeyStore::begin_due() {
  const base::Lock lock(mutex_);
  if (ending_) return std::nullopt;
  const Moment now = steady_clock::now();
  Moment next = now + kLookAgain;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    authx::KeyCache& cache = states_[i].cache;
    if (cache.next_fetch() <= now) {
      cache.begin(now);
      try {
        fetcher_->begin(i, sources_[i]);
      } catch (const std::bad_alloc&) {
        cache.fail(base::chance());
      }
      fetches_.fetch_add(1, std::memory_order_relaxed);
    }
    next = std::min(next, cache.next_fetch());
  }
  return std::max(std::chrono::ceil<milliseconds>(next - now), milliseconds{0});
}

void KeyStore::settle(Fetcher::Answer answer) {
  // Reading a hundred keys takes a while, for which no loop should wait: without the lock.
  std::shared_ptr<const authx::KeySet> keys;
  if (answer.error.empty()) keys = read(answer, sources_[answer.id]);
  std::set<std::shared_ptr<Waiter>> told;
  {
    const base::Lock lock(mutex_);
    State& of = states_[answer.id];
    const Moment now = steady_clock::now();
    const auto before = of.cache.keys(now);
    if (keys) {
      of.cache.succeed(now, keys, answer.max_age, base::chance());
    } else {
      of.cache.fail(base::chance());
      failures_.fetch_add(1, std::memory_order_relaxed);
    }
    told = std::exchange(of.waiters, {});
    log(answer.id, before.get(), keys.get(), answer.error);
  }
  for (const auto& waiter : told) {
    try {
      waiter->home->post([waiter] {
        if (const auto tell = std::exchange(waiter->told, {})) tell();
      });
    } catch (const std::bad_alloc&) {  // whoever waits gives up at a deadline
    }
  }
}

void KeyStore::log(std::size_t source, const authx::KeySet* before, const authx::KeySet* now,
                   const std::string& error) {
  const std::string& issuer = sources_[source].issuer();
  const bool was_failing = std::exchange(states_[source].failing, now == nullptr);
  if (!now) {
    base::log::warn("keys not fetched", {{"issuer", issuer},
                                         {"why", error},
                                         {"known", before ? std::to_string(before->size()) : "0"}});
  } else if (was_failing || !before || !before->names_as(*now)) {
    base::log::info("keys fetched", {{"issuer", issuer},
                                     {"keys", std::to_string(now->size())},
                                     {"passed_over", now->passed_over()}});
  }
}

}  // namespace microframe::keys
