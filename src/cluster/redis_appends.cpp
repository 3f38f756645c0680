#include "cluster/redis_appends.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log.hpp"
#include "base/to_ms.hpp"
#include "cluster/redis_position.hpp"

namespace microframe::cluster {
namespace {

using Broker = hub::Broker;
using Failure = Broker::Failure;

// A log outlives its messages by this, so that its epoch does.
constexpr std::chrono::milliseconds kLogOutlives{3'600'000};
// How often the end of a log that is in use is put off.
constexpr std::uint64_t kExpireEveryMs = 60'000;
constexpr std::chrono::milliseconds kRedoAfter{20};

}  // namespace

// Messages that go in one script.
struct RedisAppends::Batch {
  std::uint64_t number = 0;  // in the order of their making
  RedisArguments keys;
  RedisArguments values;
  std::vector<std::string> logs;
  std::vector<Done> dones;
  std::uint64_t deadline_ms = 0;
  unsigned partition = 0;
  bool whole = false;
  bool is_named = true;  // each message has a name, under which it is appended once
  std::string ask_at;

  std::size_t size() const { return logs.size(); }
  bool is_full() const { return size() >= kBatchMax || values.bytes().size() >= kBatchBytesMax; }
};

// What is sent in order: the messages of all logs, or those of a partition.
struct RedisAppends::Lane {
  std::shared_ptr<Batch> open;                // takes more
  std::shared_ptr<Batch> durable;             // likewise, to wait for a replica
  std::vector<std::shared_ptr<Batch>> queue;  // full, the oldest first
  std::size_t under_way = 0;
  // What must be sent again, and what came after that; sent in order once nothing is under way.
  std::map<std::uint64_t, std::shared_ptr<Batch>> again;
  bool flush_due = false;
  bool redo_due = false;
};

RedisAppends::RedisAppends(net::Loop& loop, const RedisKeys& keys, RedisRouter& router,
                           RedisCounts& counts)
    : loop_(loop), keys_(keys), router_(router), counts_(counts), random_([] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device(), device(), device()};
        return std::mt19937_64(seed);
      }()) {}

RedisAppends::~RedisAppends() {
  *alive_ = false;
}

// The scripts read it, too.
std::string RedisAppends::encode(const Header& header) {
  std::string bytes;
  bytes.reserve(kHeaderBytes);
  const auto add = [&](std::uint64_t number, int bits) {
    for (int shift = bits - 8; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  };
  add(header.tag, 64);
  add(header.age_max_ms, 64);
  add(header.kept_max, 32);
  return bytes;
}

RedisAppends::Header RedisAppends::decode(std::string_view message) {
  const auto number = [&](std::size_t from, std::size_t to) {
    std::uint64_t result = 0;
    for (std::size_t i = from; i < to; ++i)
      result = result << 8 | static_cast<unsigned char>(message[i]);
    return result;
  };
  return {number(0, 8), number(8, 16), static_cast<std::uint32_t>(number(16, kHeaderBytes))};
}

RedisAppends::Lane& RedisAppends::lane_of(unsigned partition) {
  auto& lane = lanes_[router_.is_cluster() ? partition : 0];
  if (!lane) lane = std::make_unique<Lane>();
  return *lane;
}

void RedisAppends::add(Append what, Done done) {
  const unsigned partition = RedisKeys::partition_of(what.log);
  Lane& lane = lane_of(partition);
  auto& batch = what.durable ? lane.durable : lane.open;
  if (!batch) {
    batch = std::make_shared<Batch>();
    batch->number = ++batches_;
    batch->partition = partition;
    batch->deadline_ms = loop_.now_ms() + base::to_ms(RedisRouter::kHoldMax);
    batch->values.add(router_.is_cluster() ? "SPUBLISH" : "PUBLISH");
  }
  write(*batch, what);
  batch->logs.push_back(std::move(what.log));
  batch->dones.push_back(std::move(done));
  RedisCounts::add(counts_.appends);
  if (batch->is_full()) {
    if (what.durable) return flush_durable(lane);
    lane.queue.push_back(std::exchange(lane.open, nullptr));
  }
  if (std::exchange(lane.flush_due, true)) return;
  loop_.post([this, alive = alive_, to = &lane] {
    if (!*alive) return;
    to->flush_due = false;
    flush(*to);
    flush_durable(*to);
  });
}

// As RedisScript::append() has it.
void RedisAppends::write(Batch& batch, const Append& what) {
  const std::uint64_t now_ms = loop_.now_ms();
  const auto found = hints_.find(what.log);
  Hint* hint = found == hints_.end() ? nullptr : &found->second;
  const bool expires = !hint || now_ms - hint->expires_set_ms >= kExpireEveryMs;
  if (hint && expires) hint->expires_set_ms = now_ms;
  batch.keys.add(keys_.log(what.log));
  if (!what.once.empty()) batch.keys.add(keys_.once(what.log, what.once));
  batch.is_named = batch.is_named && !what.once.empty();
  batch.values.add(hint && hint->epoch != 0 ? std::to_string(hint->epoch) : std::string());
  constexpr std::size_t kKeptMax = 0xFFFF'FFFF;
  const auto kept = std::clamp<std::size_t>(what.kept_max, 1, kKeptMax);
  batch.values.add(kept);
  batch.values.add(static_cast<std::size_t>((what.age_max + kLogOutlives).count()));
  batch.values.add(expires ? "1" : "0");
  batch.values.add(what.once.empty() ? "0" : "1");
  batch.values.add(keys_.log_channel(what.log));
  batch.values.add(encode({random_(), base::to_ms(what.age_max), static_cast<std::uint32_t>(kept)}),
                   what.bytes);
}

void RedisAppends::flush() {
  for (auto& [partition, lane] : lanes_) {
    flush(*lane);
    flush_durable(*lane);
  }
}

void RedisAppends::flush(Lane& lane) {
  while (!lane.queue.empty() && lane.under_way < kUnderWayMax) {
    auto batch = std::move(lane.queue.front());
    lane.queue.erase(lane.queue.begin());
    submit(lane, std::move(batch));
  }
  if (lane.open && lane.under_way < kUnderWayMax) submit(lane, std::exchange(lane.open, nullptr));
}

void RedisAppends::submit(Lane& lane, std::shared_ptr<Batch> batch) {
  if (!lane.again.empty()) {
    lane.again.emplace(batch->number, std::move(batch));
    return redo(lane);
  }
  send(lane, batch);
}

void RedisAppends::send(Lane& lane, const std::shared_ptr<Batch>& batch) {
  RedisServer* const server = batch->ask_at.empty() ? router_.server_of(batch->partition)
                                                    : router_.server_at(batch->ask_at);
  if (!server) {
    if (!router_.may_wait() || loop_.now_ms() > batch->deadline_ms)
      return settle(*batch, RedisReply{}, false);
    batch->ask_at.clear();
    lane.again.emplace(batch->number, batch);
    return redo(lane);
  }
  auto request = std::make_shared<RedisRequest>();
  request->partition = batch->partition;
  request->manner = RedisRequest::Manner::once;
  request->script = &RedisScript::append();
  request->whole = server->must_learn(RedisScript::append()) || batch->whole;
  request->ask_at = batch->ask_at;
  request->arguments.reserve(batch->keys.bytes().size() + batch->values.bytes().size() + 16);
  request->arguments.add(batch->keys.count());
  request->arguments.append(batch->keys);
  request->arguments.append(batch->values);
  request->answer = [this, alive = alive_, to = &lane, batch](RedisReply& reply) {
    if (!*alive) return;
    --to->under_way;
    answered(*to, batch, reply);
    if (!to->again.empty()) return redo(*to);
    flush(*to);
  };
  ++lane.under_way;
  router_.send(std::move(request));
}

void RedisAppends::answered(Lane& lane, const std::shared_ptr<Batch>& batch,
                            const RedisReply& reply) {
  if (!may_be_redone(*batch, reply)) return settle(*batch, reply, true);
  batch->whole = batch->whole || reply.is_error("NOSCRIPT");
  batch->ask_at.clear();
  if (reply.is_error("ASK")) {
    if (const auto to = redirection_of(reply.text, {}))
      batch->ask_at = RedisRouter::name_of(to->to);
  }
  lane.again.emplace(batch->number, batch);
}

// Where Redis has done nothing, and says that it or another will. What was lost may have been done,
// which does no harm where messages have names.
bool RedisAppends::may_be_redone(const Batch& batch, const RedisReply& reply) const {
  if (loop_.now_ms() > batch.deadline_ms) return false;
  if (reply.kind == RedisReply::Kind::lost) return batch.is_named && router_.may_wait();
  return reply.is_error("NOSCRIPT") || reply.is_error("MOVED") || reply.is_error("ASK") ||
         reply.is_error("TRYAGAIN");
}

void RedisAppends::redo(Lane& lane) {
  if (lane.under_way != 0 || std::exchange(lane.redo_due, true)) return;
  const bool at_once = std::all_of(lane.again.begin(), lane.again.end(), [&](const auto& each) {
    const Batch& batch = *each.second;
    return batch.whole && batch.ask_at.empty() && router_.server_of(batch.partition);
  });
  const auto begin = [this, alive = alive_, to = &lane] {
    if (!*alive) return;
    to->redo_due = false;
    for (auto& [number, batch] : std::exchange(to->again, {})) send(*to, batch);
  };
  if (at_once) return loop_.post(begin);
  loop_.after(kRedoAfter, begin);
}

void RedisAppends::flush_durable(Lane& lane) {
  const auto batch = std::exchange(lane.durable, nullptr);
  if (!batch) return;
  RedisServer* server = router_.server_of(batch->partition);
  if (!server) return settle(*batch, RedisReply{}, false);
  RedisArguments arguments;
  arguments.add(batch->keys.count());
  arguments.append(batch->keys);
  arguments.append(batch->values);
  server->send_durable(
      RedisScript::append().whole(arguments),
      [this, alive = alive_, batch, from = RedisRouter::name_of(server->address())](
          RedisReply& reply, long long replicated) {
        if (!*alive) return;
        if (reply.is_error()) {
          if (RedisServer* asked = router_.server_at(from)) router_.note(reply.text, *asked);
        }
        settle(*batch, reply, replicated > 0);
      });
}

void RedisAppends::settle(const Batch& batch, const RedisReply& reply, bool is_durable) {
  const bool is_whole = reply.kind == RedisReply::Kind::array && reply.items.size() == batch.size();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (is_whole) {
      settle_one(batch, i, reply.items[i], is_durable);
    } else {
      batch.dones[i](base::fail(failure_of(reply)));
    }
  }
}

void RedisAppends::settle_one(const Batch& batch, std::size_t number, const RedisReply& reply,
                              bool is_durable) {
  const Done& done = batch.dones[number];
  std::string_view text = reply.text;
  if (text.starts_with('!')) {
    const std::string error(text.substr(1));
    base::log::limited(base::log::Level::warning, "broker refuses a message", {{"why", error}});
    if (RedisServer* server = router_.server_of(batch.partition)) router_.note(error, *server);
    return done(base::fail(failure_of(error)));
  }
  const bool repeated = text.starts_with('=');
  const auto position = read_position(repeated ? text.substr(1) : text);
  if (!position) return done(base::fail(Failure::refused));
  if (!repeated) remember(batch.logs[number], position->epoch);
  if (!is_durable) return done(base::fail(Failure::not_durable));
  done(Broker::Appended{*position, repeated});
}

void RedisAppends::remember(const std::string& log, std::uint64_t epoch) {
  const auto found = hints_.find(log);
  if (found != hints_.end()) {
    // Who created the log has set when it ends.
    if (std::exchange(found->second.epoch, epoch) != epoch)
      found->second.expires_set_ms = loop_.now_ms();
    return;
  }
  if (hints_.size() >= kHintsMax) hints_.erase(hints_.begin());
  hints_.emplace(log, Hint{epoch, loop_.now_ms()});
}

}  // namespace microframe::cluster
