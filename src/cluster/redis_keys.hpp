// RedisKeys: the names of everything that a broker keeps in Redis, and the partition that each
// belongs to. A key carries its partition in braces, so that Redis Cluster keeps a partition in one
// slot, and a script may touch all keys of one. Pure, immutable.
//
//   <prefix>:{pNN}:l:<log>         a stream, whose ids are <epoch>-<offset>
//   <prefix>:{pNN}:o:<log>:<once>  the position of what was appended under that name
//   <prefix>:{pNN}:n:<note>        a text
//   <prefix>:{pNN}:r:<roll>        a hash: name -> its nodes
//   <prefix>:{pNN}:s:<node>:<roll> a set: the names that lost their last node as this one was struck
// and the channels
//   <prefix>:{pNN}:t:<topic>
//   <prefix>:{pNN}:c:<log>
// where the databases of one Redis, which share its channels, are told apart by <prefix>:<database>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace microframe::cluster {

class RedisKeys {
 public:
  static constexpr unsigned kPartitions = 256;
  static constexpr unsigned kSlots = 16'384;

  explicit RedisKeys(std::string prefix, unsigned database = 0)
      : prefix_(std::move(prefix)),
        channel_prefix_(database == 0 ? prefix_ : prefix_ + ":" + std::to_string(database)) {}

  static unsigned partition_of(std::string_view name);
  // The slot of a partition's keys in Redis Cluster.
  static unsigned slot_of(unsigned partition);
  // The slot of any key, which is decided by what stands in its first braces.
  static unsigned slot_of_key(std::string_view key);

  std::string log(std::string_view name) const {
    return key(prefix_, partition_of(name), "l:", name);
  }
  std::string once(std::string_view log, std::string_view once) const;
  std::string note(std::string_view name) const {
    return key(prefix_, partition_of(name), "n:", name);
  }
  std::string roll(unsigned partition, std::string_view name) const {
    return key(prefix_, partition, "r:", name);
  }
  std::string struck(unsigned partition, std::string_view roll, std::string_view node) const;
  std::string topic_channel(std::string_view topic) const {
    return key(channel_prefix_, partition_of(topic), "t:", topic);
  }
  std::string log_channel(std::string_view log) const {
    return key(channel_prefix_, partition_of(log), "c:", log);
  }

  // A topic's, whatever the partition.
  std::string channel_of(unsigned partition, std::string_view topic) const {
    return key(channel_prefix_, partition, "t:", topic);
  }

  // What a channel is of.
  struct Channel {
    bool of_log;
    std::string_view name;  // a view of the channel
  };
  // nullopt: the channel is none of ours.
  std::optional<Channel> read_channel(std::string_view channel) const;
  // The partition that a key or channel of ours names.
  static unsigned partition_of_key(std::string_view key);

 private:
  static std::string key(const std::string& prefix, unsigned partition, std::string_view kind,
                         std::string_view name);

  const std::string prefix_;
  const std::string channel_prefix_;
};

}  // namespace microframe::cluster
