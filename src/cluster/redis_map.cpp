#include "cluster/redis_map.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace microframe::cluster {
namespace {

using Kind = RedisReply::Kind;
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

std::optional<std::uint16_t> port_of(long long number) {
  if (number < 1 || number > 0xFFFF) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

net::Address address_of(std::string_view host, std::uint16_t port, const net::Address& asked) {
  net::Address address;
  address.host = host.empty() || host == "?" ? asked.host : std::string(host);
  address.port = port;
  return address;
}

std::size_t number_of(const net::Address& server, std::vector<net::Address>& servers) {
  const auto found = std::find_if(servers.begin(), servers.end(), [&](const net::Address& each) {
    return each.host == server.host && each.port == server.port;
  });
  const auto number = static_cast<std::size_t>(found - servers.begin());
  if (found == servers.end()) servers.push_back(server);
  return number;
}

// A range of slots: its first, its last, its master (host, port, ..), its replicas.
bool read_range(const RedisReply& range, const net::Address& asked, RedisMap& map) {
  if (range.kind != Kind::array || range.items.size() < 3) return false;
  const RedisReply& master = range.items[2];
  if (master.kind != Kind::array || master.items.size() < 2) return false;
  const auto port = port_of(master.items[1].integer);
  if (!port) return false;
  const net::Address server = address_of(master.items[0].text, *port, asked);
  std::size_t number = kNone;
  for (unsigned partition = 0; partition < RedisKeys::kPartitions; ++partition) {
    const auto slot = static_cast<long long>(RedisKeys::slot_of(partition));
    if (slot < range.items[0].integer || slot > range.items[1].integer) continue;
    if (number == kNone) number = number_of(server, map.servers);
    map.owner[partition] = number;
  }
  return true;
}

}  // namespace

RedisMap map_of_one(const net::Address& server) {
  RedisMap map;
  map.servers.push_back(server);
  return map;
}

base::Result<RedisMap, std::string> map_of_slots(const RedisReply& reply,
                                                 const net::Address& asked) {
  if (reply.is_error()) return base::fail(reply.text);
  if (reply.kind != Kind::array) return base::fail(std::string("no answer to CLUSTER SLOTS"));
  RedisMap map;
  map.owner.fill(kNone);
  for (const RedisReply& range : reply.items) {
    if (!read_range(range, asked, map))
      return base::fail(std::string("the answer to CLUSTER SLOTS has an unknown form"));
  }
  if (std::count(map.owner.begin(), map.owner.end(), kNone) != 0)
    return base::fail(std::string("the Redis Cluster has slots without a master"));
  return map;
}

base::Result<RedisMap, std::string> map_of_master(const RedisReply& reply) {
  if (reply.is_error()) return base::fail(reply.text);
  if (reply.kind == Kind::nil) return base::fail(std::string("the sentinel knows no such master"));
  if (reply.kind != Kind::array || reply.items.size() != 2)
    return base::fail(std::string("no answer of the sentinel"));
  const auto port = port_of(reply.items[1].text);
  if (!port || reply.items[0].text.empty())
    return base::fail(std::string("the sentinel's answer has an unknown form"));
  return map_of_one(address_of(reply.items[0].text, *port, {}));
}

std::optional<RedisRedirection> redirection_of(std::string_view error, const net::Address& asked) {
  if (!error.starts_with("MOVED ") && !error.starts_with("ASK ")) return std::nullopt;
  std::string_view rest = error.substr(error.find(' ') + 1);
  RedisRedirection result{};
  const auto [end, bad] = std::from_chars(rest.data(), rest.data() + rest.size(), result.slot);
  if (bad != std::errc{} || result.slot >= RedisKeys::kSlots) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  const std::size_t colon = rest.rfind(':');
  if (!rest.starts_with(' ') || colon == std::string_view::npos) return std::nullopt;
  const auto port = port_of(rest.substr(colon + 1));
  if (!port) return std::nullopt;
  result.to = address_of(rest.substr(1, colon - 1), *port, asked);
  return result;
}

}  // namespace microframe::cluster
