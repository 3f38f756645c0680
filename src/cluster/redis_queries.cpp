#include "cluster/redis_queries.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/to_ms.hpp"
#include "cluster/redis_appends.hpp"
#include "cluster/redis_position.hpp"

namespace microframe::cluster {
namespace {

using Broker = hub::Broker;
using Failure = Broker::Failure;
using Kind = RedisReply::Kind;

// So many logs are looked at in one script, and so many partitions are struck at once: nobody else
// waits for long meanwhile.
constexpr std::size_t kPositionsMax = 512;
constexpr unsigned kStrikesMax = 16;

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// An id and a field: its name is the time, its value the message. nullopt: it is none of ours.
struct RawEntry {
  Broker::Position position;
  RedisAppends::Header header;
  std::string_view bytes;
  std::uint64_t time_ms;
};
std::optional<RawEntry> read_entry(const RedisReply& reply) {
  if (reply.kind != Kind::array || reply.items.size() != 2) return std::nullopt;
  const auto position = read_position(reply.items[0].text);
  const auto& fields = reply.items[1].items;
  if (!position || fields.size() != 2) return std::nullopt;
  const auto time = number_of(fields[0].text);
  const std::string_view message = fields[1].text;
  if (!time || message.size() < RedisAppends::kHeaderBytes) return std::nullopt;
  return RawEntry{*position, RedisAppends::decode(message),
                  message.substr(RedisAppends::kHeaderBytes), *time};
}

// Answers that many requests bring together, told once all have come.
template <class T>
struct Gathering {
  Gathering(T initial, std::size_t requests, Broker::Done<T> then)
      : result(std::move(initial)), left(requests), done(std::move(then)) {}

  void fail(Failure why) {
    if (!failure) failure = why;
  }
  void one_came() {
    if (--left != 0) return;
    if (failure) return done(base::fail(*failure));
    done(std::move(result));
  }

  T result;
  std::size_t left;
  std::optional<Failure> failure;
  Broker::Done<T> done;
};

}  // namespace

void RedisQueries::send(unsigned partition, RedisArguments arguments, Answer answer,
                        const RedisScript* script, RedisRequest::Manner manner) {
  auto request = std::make_shared<RedisRequest>();
  request->partition = partition;
  request->manner = manner;
  request->script = script;
  request->arguments = std::move(arguments);
  request->answer = std::move(answer);
  request->deadline_ms = loop_.now_ms() + base::to_ms(RedisRouter::kHoldMax);
  router_.send(std::move(request));
}

void RedisQueries::publish(const std::string& topic, const std::string& bytes, std::size_t weight) {
  const char* command = router_.is_cluster() ? "SPUBLISH" : "PUBLISH";
  const auto answered = [this, weight](RedisReply& reply) {
    counts_.bytes_waiting.fetch_sub(weight, std::memory_order_relaxed);
    if (reply.kind != Kind::integer) RedisCounts::add(counts_.publishes_dropped);
  };
  send(RedisKeys::partition_of(topic), {command, keys_.topic_channel(topic), bytes}, answered,
       nullptr, RedisRequest::Manner::drop);
}

// --- logs ---

std::optional<Broker::Page> RedisQueries::read_page(const RedisReply& reply) {
  Broker::Page page;
  if (reply.kind != Kind::array) return std::nullopt;
  if (reply.items.empty()) return page;
  if (reply.items.size() != 3) return std::nullopt;
  if (reply.items[2].items.empty() && reply.items[0].items.size() == 1) {  // an empty log
    const auto position = read_position(reply.items[0].items[0].text);
    if (!position) return std::nullopt;
    page.epoch = position->epoch;
    page.last = position->offset;
    return page;
  }
  const auto last = read_entry(reply.items[0]);
  const auto now = number_of(reply.items[1].text);
  if (!last || !now) return std::nullopt;
  page.epoch = last->position.epoch;
  page.last = last->position.offset;
  for (const RedisReply& each : reply.items[2].items) {
    const auto entry = read_entry(each);
    if (!entry) return std::nullopt;
    // Clocks go back, too.
    const std::uint64_t age_ms = *now > entry->time_ms ? *now - entry->time_ms : 0;
    if (age_ms >= last->header.age_max_ms) continue;
    page.entries.push_back({entry->position.offset, entry->header.tag,
                            std::chrono::milliseconds(age_ms), std::string(entry->bytes)});
  }
  return page;
}

void RedisQueries::read(const std::string& log, std::uint64_t from, std::size_t limit,
                        Done<Broker::Page> done) {
  send(
      RedisKeys::partition_of(log),
      {"1", keys_.log(log), std::to_string(from), std::to_string(limit)},
      [done = std::move(done)](RedisReply& reply) {
        auto page = read_page(reply);
        if (!page) return done(base::fail(failure_of(reply)));
        done(std::move(*page));
      },
      &RedisScript::read());
}

void RedisQueries::positions(const std::vector<std::string>& logs,
                             Done<std::vector<Broker::Position>> done) {
  // Which of them go in one script: all, or those of a partition.
  std::map<unsigned, std::vector<std::vector<std::size_t>>> groups;
  std::size_t requests = 0;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    auto& of = groups[router_.is_cluster() ? RedisKeys::partition_of(logs[i]) : 0];
    if (of.empty() || of.back().size() == kPositionsMax) {
      of.emplace_back();
      ++requests;
    }
    of.back().push_back(i);
  }
  if (requests == 0) return done(std::vector<Broker::Position>{});
  const auto all = std::make_shared<Gathering<std::vector<Broker::Position>>>(
      std::vector<Broker::Position>(logs.size()), requests, std::move(done));
  for (const auto& [partition, of] : groups) {
    for (const std::vector<std::size_t>& group : of) {
      RedisArguments arguments;
      arguments.add(group.size());
      for (const std::size_t i : group) arguments.add(keys_.log(logs[i]));
      const auto answered = [all, group](RedisReply& reply) {
        if (reply.kind != Kind::array || reply.items.size() != group.size()) {
          all->fail(failure_of(reply));
          return all->one_came();
        }
        for (std::size_t i = 0; i < group.size(); ++i)
          all->result[group[i]] = read_position(reply.items[i].text).value_or(Broker::Position{});
        all->one_came();
      };
      send(partition, std::move(arguments), answered, &RedisScript::positions());
    }
  }
}

void RedisQueries::renew(const std::string& log, std::uint64_t epoch, Done<Broker::Position> done) {
  send(
      RedisKeys::partition_of(log), {"1", keys_.log(log), std::to_string(epoch)},
      [done = std::move(done)](RedisReply& reply) {
        if (reply.kind != Kind::text) return done(base::fail(failure_of(reply)));
        done(read_position(reply.text).value_or(Broker::Position{}));
      },
      &RedisScript::renew());
}

// --- notes ---

void RedisQueries::put(const std::string& name, const std::string& bytes,
                       std::chrono::milliseconds for_time, bool if_absent, Done<bool> done) {
  const auto life = std::max(for_time, std::chrono::milliseconds{1}).count();
  RedisArguments arguments{"SET", keys_.note(name), bytes, "PX", std::to_string(life)};
  if (if_absent) arguments.add("NX");
  send(RedisKeys::partition_of(name), std::move(arguments),
       [done = std::move(done)](RedisReply& reply) {
         if (reply.kind == Kind::status) return done(true);
         if (reply.kind == Kind::nil) return done(false);
         done(base::fail(failure_of(reply)));
       });
}

void RedisQueries::get(const std::vector<std::string>& names,
                       Done<std::vector<std::optional<std::string>>> done) {
  using Found = std::vector<std::optional<std::string>>;
  if (names.empty()) return done(Found{});
  const auto all =
      std::make_shared<Gathering<Found>>(Found(names.size()), names.size(), std::move(done));
  for (std::size_t i = 0; i < names.size(); ++i) {
    send(RedisKeys::partition_of(names[i]), {"GET", keys_.note(names[i])},
         [all, i](RedisReply& reply) {
           if (reply.kind == Kind::text) {
             all->result[i] = std::move(reply.text);
           } else if (reply.kind != Kind::nil) {
             all->fail(failure_of(reply));
           }
           all->one_came();
         });
  }
}

void RedisQueries::take(const std::string& name, Done<std::optional<std::string>> done) {
  using Taken = std::optional<std::string>;
  send(RedisKeys::partition_of(name), {"GETDEL", keys_.note(name)},
       [done = std::move(done)](RedisReply& reply) {
         if (reply.kind == Kind::text) return done(Taken(std::move(reply.text)));
         if (reply.kind == Kind::nil) return done(Taken());
         done(base::fail(failure_of(reply)));
       });
}

// --- rolls ---

void RedisQueries::ask_roll(const RedisScript& script, const std::string& roll,
                            const std::string& name, const std::string& node, Done<bool> done) {
  const unsigned partition = RedisKeys::partition_of(name);
  send(
      partition, {"1", keys_.roll(partition, roll), name, node},
      [done = std::move(done)](RedisReply& reply) {
        if (reply.kind != Kind::integer) return done(base::fail(failure_of(reply)));
        done(reply.integer == 1);
      },
      &script);
}

void RedisQueries::enter(const std::string& roll, const std::string& name, const std::string& node,
                         Done<bool> done) {
  ask_roll(RedisScript::enter(), roll, name, node, std::move(done));
}

void RedisQueries::leave(const std::string& roll, const std::string& name, const std::string& node,
                         Done<bool> done) {
  ask_roll(RedisScript::leave(), roll, name, node, std::move(done));
}

// A node's end, partition by partition.
struct RedisQueries::Strike {
  std::string roll;
  std::string node;
  Done<std::vector<std::string>> done;
  std::vector<std::string> gone;
  std::optional<Failure> failure;
  unsigned next = 0;  // the partition that has not been begun
  unsigned under_way = 0;
};

void RedisQueries::strike(const std::string& roll, const std::string& node,
                          Done<std::vector<std::string>> done) {
  const auto strike = std::make_shared<Strike>();
  strike->roll = roll;
  strike->node = node;
  strike->done = std::move(done);
  strike->under_way = kStrikesMax;
  strike->next = kStrikesMax;
  for (unsigned i = 0; i < kStrikesMax; ++i) strike_partition(strike, i, "0");
}

void RedisQueries::strike_partition(const std::shared_ptr<Strike>& strike, unsigned partition,
                                    const std::string& cursor) {
  const auto answered = [this, strike, partition](RedisReply& reply) {
    const bool is_good = reply.kind == Kind::array && !reply.items.empty();
    if (!is_good && !strike->failure) strike->failure = failure_of(reply);
    if (strike->failure) return strike_ended(strike);
    const std::string cursor_next = reply.items.front().text;
    if (cursor_next != "0") return strike_partition(strike, partition, cursor_next);
    for (std::size_t i = 1; i < reply.items.size(); ++i)
      strike->gone.push_back(std::move(reply.items[i].text));
    if (strike->next == RedisKeys::kPartitions) return strike_ended(strike);
    strike_partition(strike, strike->next++, "0");
  };
  send(partition,
       {"2", keys_.roll(partition, strike->roll),
        keys_.struck(partition, strike->roll, strike->node), strike->node, cursor},
       answered, &RedisScript::strike());
}

void RedisQueries::strike_ended(const std::shared_ptr<Strike>& strike) {
  if (--strike->under_way != 0) return;
  if (strike->failure) return strike->done(base::fail(*strike->failure));
  // Only now may Redis forget the names: who asked is told them below.
  std::vector<bool> has_names(RedisKeys::kPartitions);
  for (const std::string& name : strike->gone) has_names[RedisKeys::partition_of(name)] = true;
  for (unsigned i = 0; i < RedisKeys::kPartitions; ++i) {
    if (!has_names[i]) continue;
    send(i, {"UNLINK", keys_.struck(i, strike->roll, strike->node)}, [](RedisReply&) {});
  }
  strike->done(std::move(strike->gone));
}

}  // namespace microframe::cluster
