#include "cluster/redis_client.hpp"

#include <cassert>
#include <new>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "base/to_ms.hpp"
#include "cluster/redis_appends.hpp"
#include "cluster/redis_check.hpp"
#include "cluster/redis_position.hpp"
#include "cluster/redis_queries.hpp"
#include "cluster/redis_router.hpp"
#include "cluster/redis_subscriptions.hpp"

namespace microframe::cluster {

// What the thread has.
class RedisClient::Core final : private RedisRouter::Events {
 public:
  Core(net::Loop& loop, const RedisSettings& settings, RedisCounts& counts, std::atomic<bool>& up,
       Listener& listener)
      : up_(up),
        listener_(listener),
        keys_(settings.prefix, settings.url.database),
        router_(loop, settings.url, settings.access, counts, *this),
        subscriptions_(router_),
        appends_(loop, keys_, router_, counts),
        queries_(loop, keys_, router_, counts) {}

  void start() { router_.start(); }
  // Nobody is told anything after this.
  void close() {
    closed_ = true;
    router_.close();
    subscriptions_.close();
  }
  bool is_closed() const { return closed_; }

  RedisSubscriptions& subscriptions() { return subscriptions_; }
  RedisAppends& appends() { return appends_; }
  // What is asked after an append sees it.
  RedisQueries& queries() {
    appends_.flush();
    return queries_;
  }
  void publish(const std::string& topic, const std::string& bytes, std::size_t weight) {
    queries_.publish(topic, bytes, weight);
  }
  const RedisKeys& keys() const { return keys_; }

 private:
  void on_server(RedisServer& server) override {
    subscriptions_.restore(server);
    check(server);
  }
  // Looks once at how each Redis is set up, and says what is wrong with that.
  void check(RedisServer& server) {
    const std::string name = RedisRouter::name_of(server.address());
    unsigned partition = 0;
    while (partition < RedisKeys::kPartitions && router_.server_of(partition) != &server)
      ++partition;
    if (partition == RedisKeys::kPartitions || !checked_.insert(name).second) return;
    const auto send = [&](std::string_view command, RedisConnection::Answer answer) {
      server.send(command, std::move(answer));
    };
    RedisCheck::ask(send, keys_, partition, false, [name](const RedisFindings& findings) {
      for (const std::string& each : findings.problems)
        base::log::error("broker is not set up well", {{"server", name}, {"why", each}});
      for (const std::string& each : findings.doubts)
        base::log::warn("broker may not be set up well", {{"server", name}, {"why", each}});
    });
  }
  void on_server_gone(RedisServer& server) override { subscriptions_.forget(server); }
  void on_push(RedisServer&, RedisReply& push) override {
    if (closed_) return;
    if (push.items[0].text != "message" && push.items[0].text != "smessage")
      return subscriptions_.ended(push.items[1].text);
    if (subscriptions_.is_wanted(push.items[1].text)) hear(push.items[1].text, push.items[2].text);
  }
  void hear(std::string_view name, std::string_view bytes) {
    const auto channel = keys_.read_channel(name);
    if (!channel) return;
    if (!channel->of_log) return listener_.on_message(channel->name, bytes);
    const std::size_t space = bytes.find(' ');
    const auto position = read_position(bytes.substr(0, space));
    if (!position || bytes.size() - space - 1 < RedisAppends::kHeaderBytes) return;
    bytes.remove_prefix(space + 1);
    Entry entry;
    entry.offset = position->offset;
    entry.tag = RedisAppends::decode(bytes).tag;
    entry.bytes = bytes.substr(RedisAppends::kHeaderBytes);
    listener_.on_entry(channel->name, position->epoch, entry);
  }
  void on_state(RedisRouter::State before, RedisRouter::State now) override {
    using State = RedisRouter::State;
    up_.store(now == State::up, std::memory_order_relaxed);
    if (closed_) return;
    if (now == State::away) {
      subscriptions_.give_up_waiting();
      listener_.on_interrupted();
    } else if (before == State::away) {
      listener_.on_restored();
    }
  }

  std::atomic<bool>& up_;
  Listener& listener_;
  const RedisKeys keys_;
  RedisRouter router_;
  RedisSubscriptions subscriptions_;
  RedisAppends appends_;
  RedisQueries queries_;
  std::set<std::string> checked_;  // servers
  bool closed_ = false;
};

RedisClient::RedisClient(const RedisBroker& broker)
    : settings_(broker), loop_(std::make_unique<net::Loop>()) {}

RedisClient::~RedisClient() {
  stop();
}

void RedisClient::start(Listener& listener) {
  core_ = std::make_unique<Core>(*loop_, settings_, counts_, up_, listener);
  {
    const base::Lock lock(mutex_);
    assert(life_ == Life::idle);
    life_ = Life::serving;
  }
  loop_->post([this] { core_->start(); });
  thread_ = std::thread([this] { loop_->run(); });
}

void RedisClient::stop() {
  {
    const base::Lock lock(mutex_);
    if (std::exchange(life_, Life::over) != Life::serving) return;
    asked_.clear();
  }
  assert(!loop_->is_current());
  loop_->post([this] { core_->close(); });
  loop_->stop();
  thread_.join();
  up_ = false;
  core_.reset();
}

std::uint64_t RedisClient::now_ms() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return base::to_ms(std::chrono::duration_cast<std::chrono::milliseconds>(now));
}

void RedisClient::ask(Ask what) {
  const base::Lock lock(mutex_);
  if (life_ != Life::serving) return;
  asked_.push_back(std::move(what));
  if (asked_.size() == 1) loop_->post([this] { drain(); });
}

void RedisClient::drain() {
  std::vector<Ask> asked;
  {
    const base::Lock lock(mutex_);
    asked.swap(asked_);
  }
  for (const Ask& each : asked) {
    if (core_->is_closed()) return;
    try {
      each(*core_);
    } catch (const std::bad_alloc&) {
      base::log::limited(base::log::Level::error, "out of memory", {});
    }
  }
}

// what: called with the core, and with what must be told in place of `done`.
template <class T, class What>
void RedisClient::ask(std::size_t bytes, Done<T> done, What&& what) {
  if (counts_.bytes_waiting.load(std::memory_order_relaxed) + bytes > kWaitingBytesMax) {
    return ask([done = std::move(done)](Core&) { done(base::fail(Failure::full)); });
  }
  RedisCounts::add(counts_.bytes_waiting, bytes);
  ask([this, bytes, done = std::move(done), what = std::forward<What>(what)](Core& core) mutable {
    what(core, [this, &core, bytes, told = std::move(done)](base::Result<T, Failure> result) {
      counts_.bytes_waiting.fetch_sub(bytes, std::memory_order_relaxed);
      if (!core.is_closed()) told(std::move(result));
    });
  });
}

namespace {

// What an ask costs besides its texts.
constexpr std::size_t kAskBytes = 256;

std::size_t size_of(const std::vector<std::string>& texts) {
  std::size_t size = kAskBytes;
  for (const std::string& text : texts) size += text.size() + sizeof(std::string);
  return size;
}

}  // namespace

// --- topics ---

void RedisClient::subscribe(std::string topic, Done<Nothing> done) {
  ask<Nothing>(kAskBytes + topic.size(), std::move(done), [topic](Core& core, Done<Nothing> told) {
    core.subscriptions().subscribe(core.keys().topic_channel(topic), std::move(told));
  });
}

void RedisClient::unsubscribe(std::string topic) {
  ask([topic = std::move(topic)](Core& core) {
    core.subscriptions().unsubscribe(core.keys().topic_channel(topic));
  });
}

void RedisClient::publish(std::string topic, std::string bytes) {
  const std::size_t size = kAskBytes + topic.size() + bytes.size();
  if (counts_.bytes_waiting.load(std::memory_order_relaxed) + size > kWaitingBytesMax)
    return RedisCounts::add(counts_.publishes_dropped);
  RedisCounts::add(counts_.bytes_waiting, size);
  ask([topic = std::move(topic), bytes = std::move(bytes), size](Core& core) {
    core.publish(topic, bytes, size);
  });
}

// --- logs ---

void RedisClient::append(Append what, Done<Appended> done) {
  const std::size_t bytes = kAskBytes + what.log.size() + what.bytes.size() + what.once.size();
  ask<Appended>(bytes, std::move(done),
                [what = std::move(what)](Core& core, Done<Appended> told) mutable {
                  core.appends().add(std::move(what), std::move(told));
                });
}

void RedisClient::read(std::string log, std::uint64_t from, std::size_t limit, Done<Page> done) {
  ask<Page>(kAskBytes + log.size(), std::move(done),
            [log, from, limit](Core& core, Done<Page> told) {
              core.queries().read(log, from, limit, std::move(told));
            });
}

void RedisClient::positions(std::vector<std::string> logs, Done<std::vector<Position>> done) {
  const std::size_t bytes = size_of(logs);
  ask<std::vector<Position>>(
      bytes, std::move(done),
      [logs = std::move(logs)](Core& core, Done<std::vector<Position>> told) {
        core.queries().positions(logs, std::move(told));
      });
}

void RedisClient::follow(std::string log, Done<Nothing> done) {
  ask<Nothing>(kAskBytes + log.size(), std::move(done), [log](Core& core, Done<Nothing> told) {
    core.subscriptions().subscribe(core.keys().log_channel(log), std::move(told));
  });
}

void RedisClient::unfollow(std::string log) {
  ask([log = std::move(log)](Core& core) {
    core.subscriptions().unsubscribe(core.keys().log_channel(log));
  });
}

void RedisClient::renew(std::string log, std::uint64_t epoch, Done<Position> done) {
  ask<Position>(kAskBytes + log.size(), std::move(done),
                [log, epoch](Core& core, Done<Position> told) {
                  core.queries().renew(log, epoch, std::move(told));
                });
}

// --- notes ---

void RedisClient::put(std::string name, std::string bytes, std::chrono::milliseconds for_time,
                      bool if_absent, Done<bool> done) {
  const std::size_t size = kAskBytes + name.size() + bytes.size();
  ask<bool>(size, std::move(done),
            [name = std::move(name), bytes = std::move(bytes), for_time, if_absent](
                Core& core, Done<bool> told) {
              core.queries().put(name, bytes, for_time, if_absent, std::move(told));
            });
}

void RedisClient::get(std::vector<std::string> names,
                      Done<std::vector<std::optional<std::string>>> done) {
  using Found = std::vector<std::optional<std::string>>;
  const std::size_t bytes = size_of(names);
  ask<Found>(bytes, std::move(done), [names = std::move(names)](Core& core, Done<Found> told) {
    core.queries().get(names, std::move(told));
  });
}

void RedisClient::take(std::string name, Done<std::optional<std::string>> done) {
  using Taken = std::optional<std::string>;
  ask<Taken>(kAskBytes + name.size(), std::move(done),
             [name](Core& core, Done<Taken> told) { core.queries().take(name, std::move(told)); });
}

// --- rolls ---

void RedisClient::enter(std::string roll, std::string name, std::string node, Done<bool> done) {
  ask<bool>(kAskBytes + name.size(), std::move(done),
            [roll, name, node](Core& core, Done<bool> told) {
              core.queries().enter(roll, name, node, std::move(told));
            });
}

void RedisClient::leave(std::string roll, std::string name, std::string node, Done<bool> done) {
  ask<bool>(kAskBytes + name.size(), std::move(done),
            [roll, name, node](Core& core, Done<bool> told) {
              core.queries().leave(roll, name, node, std::move(told));
            });
}

void RedisClient::strike(std::string roll, std::string node, Done<std::vector<std::string>> done) {
  ask<std::vector<std::string>>(kAskBytes + node.size(), std::move(done),
                                [roll, node](Core& core, Done<std::vector<std::string>> told) {
                                  core.queries().strike(roll, node, std::move(told));
                                });
}

}  // namespace microframe::cluster
