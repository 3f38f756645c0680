// What a hostile Redis sends: the reader stays within its bounds and reads the same however the
// stream is cut, and whatever interprets a reply takes it or leaves it.

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/redis_appends.hpp"
#include "cluster/redis_check.hpp"
#include "cluster/redis_keys.hpp"
#include "cluster/redis_map.hpp"
#include "cluster/redis_position.hpp"
#include "cluster/redis_queries.hpp"
#include "cluster/redis_reader.hpp"

using namespace microframe;
using namespace microframe::cluster;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_same(const RedisReply& a, const RedisReply& b) {
  if (a.kind != b.kind || a.integer != b.integer || a.text != b.text ||
      a.items.size() != b.items.size())
    return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!is_same(a.items[i], b.items[i])) return false;
  }
  return true;
}

std::size_t items_of(const RedisReply& reply) {
  std::size_t count = reply.items.size();
  for (const RedisReply& each : reply.items) count += items_of(each);
  return count;
}

void interpret(const RedisReply& reply) {
  net::Address asked;
  asked.host = "asked";
  if (const auto map = map_of_slots(reply, asked)) {
    require(!map->servers.empty());
    for (const std::size_t owner : map->owner) require(owner < map->servers.size());
  }
  if (const auto map = map_of_master(reply)) require(map->servers.size() == 1);
  if (const auto to = redirection_of(reply.text, asked)) require(to->slot < RedisKeys::kSlots);
  if (const auto page = RedisQueries::read_page(reply)) {
    for (const auto& entry : page->entries) require(entry.age.count() >= 0);
  }
  (void)failure_of(reply);
  (void)read_position(reply.text);
  const RedisKeys keys("mf");
  if (const auto channel = keys.read_channel(reply.text))
    require(channel->name.size() < reply.text.size());
  require(RedisKeys::partition_of_key(reply.text) < RedisKeys::kPartitions);
  RedisFindings findings;
  RedisCheck::read_version(reply.text, findings);
  RedisCheck::read_memory(reply.text, reply.text, findings);
  RedisCheck::read_buffer_limit(reply.text, findings);
  RedisCheck::read_replicas(reply.text, findings);
  for (const RedisReply& each : reply.items) interpret(each);
}

// All replies, of a stream that comes in pieces of so many bytes; and whether it is broken.
struct Replies {
  std::vector<RedisReply> all;
  bool is_broken = false;
};
Replies read(std::string_view stream, std::size_t piece) {
  RedisReader reader;
  Replies result;
  while (!stream.empty() && !result.is_broken) {
    reader.feed(base::as_bytes(stream.substr(0, piece)));
    stream.remove_prefix(std::min(piece, stream.size()));
    while (true) {
      auto next = reader.next();
      result.is_broken = !next.ok();
      if (!next || !*next) break;
      require(items_of(**next) <= RedisReader::kItemsMax);
      result.all.push_back(std::move(**next));
    }
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data + 1), size - 1);
  const Replies whole = read(stream, stream.size());
  const Replies cut = read(stream, data[0] % 16U + 1);
  require(whole.is_broken == cut.is_broken);
  require(whole.all.size() == cut.all.size());
  for (std::size_t i = 0; i < whole.all.size(); ++i) {
    require(is_same(whole.all[i], cut.all[i]));
    interpret(whole.all[i]);
  }
  return 0;
}
