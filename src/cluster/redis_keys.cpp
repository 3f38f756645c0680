#include "cluster/redis_keys.hpp"

#include <charconv>

namespace microframe::cluster {

// FNV-1a. The nodes of a cluster agree on it, so that it never changes.
unsigned RedisKeys::partition_of(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return static_cast<unsigned>((hash ^ hash >> 32) % kPartitions);
}

// CRC-16/XMODEM, as Redis Cluster's specification has it.
unsigned RedisKeys::slot_of_key(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const std::size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1)
      key = key.substr(open + 1, close - open - 1);
  }
  unsigned crc = 0;
  for (const char c : key) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xFFFF;
  }
  return crc % kSlots;
}

unsigned RedisKeys::slot_of(unsigned partition) {
  return slot_of_key("p" + std::to_string(partition));
}

std::string RedisKeys::key(const std::string& prefix, unsigned partition, std::string_view kind,
                           std::string_view name) {
  std::string key;
  key.reserve(prefix.size() + name.size() + 16);
  key += prefix;
  key += ":{p";
  key += std::to_string(partition);
  key += "}:";
  key += kind;
  key += name;
  return key;
}

std::string RedisKeys::once(std::string_view log, std::string_view once) const {
  // The length keeps ("a:b", "c") apart from ("a", "b:c").
  std::string name = std::to_string(log.size()) + ":";
  name += log;
  name += ":";
  name += once;
  return key(prefix_, partition_of(log), "o:", name);
}

std::string RedisKeys::struck(unsigned partition, std::string_view roll,
                              std::string_view node) const {
  std::string name = std::to_string(node.size()) + ":";
  name += node;
  name += ":";
  name += roll;
  return key(prefix_, partition, "s:", name);
}

std::optional<RedisKeys::Channel> RedisKeys::read_channel(std::string_view channel) const {
  if (!channel.starts_with(channel_prefix_)) return std::nullopt;
  const std::size_t close = channel.find('}', channel_prefix_.size());
  constexpr std::size_t kKind = 4;  // "}:t:"
  if (close == std::string_view::npos || channel.size() < close + kKind) return std::nullopt;
  const char kind = channel[close + 2];
  if (kind != 't' && kind != 'c') return std::nullopt;
  return Channel{kind == 'c', channel.substr(close + kKind)};
}

unsigned RedisKeys::partition_of_key(std::string_view key) {
  unsigned partition = 0;
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos || open + 2 > key.size()) return 0;
  std::from_chars(key.data() + open + 2, key.data() + key.size(), partition);
  return partition % kPartitions;
}

}  // namespace microframe::cluster
