// The parts of the Redis client that are pure: URLs, keys, commands, maps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "cluster/redis_appends.hpp"
#include "cluster/redis_command.hpp"
#include "cluster/redis_keys.hpp"
#include "cluster/redis_map.hpp"
#include "cluster/redis_position.hpp"
#include "cluster/redis_queries.hpp"
#include "cluster/redis_settings.hpp"
#include "cluster/redis_url.hpp"
#include "microframe/config_error.hpp"

namespace microframe::cluster {
namespace {

using namespace std::string_view_literals;

using testing::HasSubstr;
using testing::Not;

TEST(RedisUrl, OfOneRedis) {
  const RedisUrl url = parse_redis_url("redis://127.0.0.1");
  EXPECT_EQ(url.kind, RedisUrl::Kind::standalone);
  EXPECT_FALSE(url.secure);
  EXPECT_EQ(url.hosts.at(0).host, "127.0.0.1");
  EXPECT_EQ(url.hosts.at(0).port, 6379);
  EXPECT_EQ(url.database, 0U);
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.password, "");
}

TEST(RedisUrl, WithEverything) {
  const RedisUrl url = parse_redis_url("REDISS://al%69ce:p%40%3a%2Fs%25@[::1]:7000/12");
  EXPECT_TRUE(url.secure);
  EXPECT_EQ(url.user, "alice");
  EXPECT_EQ(url.password, "p@:/s%");
  EXPECT_EQ(url.hosts.at(0).host, "::1");
  EXPECT_EQ(url.hosts.at(0).port, 7000);
  EXPECT_EQ(url.database, 12U);
}

TEST(RedisUrl, WithAPasswordAlone) {
  const RedisUrl url = parse_redis_url("redis://:secret@host");
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.password, "secret");
}

TEST(RedisUrl, OfSentinels) {
  const RedisUrl url = parse_redis_url("redis+sentinel://u:p@a:5000,b,[::2]/mymaster/3");
  EXPECT_EQ(url.kind, RedisUrl::Kind::sentinel);
  ASSERT_EQ(url.hosts.size(), 3U);
  EXPECT_EQ(url.hosts[0].port, 5000);
  EXPECT_EQ(url.hosts[1].port, 26379);
  EXPECT_EQ(url.hosts[2].host, "::2");
  EXPECT_EQ(url.master, "mymaster");
  EXPECT_EQ(url.database, 3U);
}

TEST(RedisUrl, OfACluster) {
  const RedisUrl url = parse_redis_url("rediss+cluster://a,b:7001");
  EXPECT_EQ(url.kind, RedisUrl::Kind::cluster);
  EXPECT_TRUE(url.secure);
  ASSERT_EQ(url.hosts.size(), 2U);
  EXPECT_EQ(url.hosts[0].port, 6379);
  EXPECT_EQ(url.hosts[1].port, 7001);
}

struct BadUrl {
  const char* text;
  const char* why;
};
constexpr BadUrl kBad[] = {
    {"", "scheme"},
    {"127.0.0.1:6379", "scheme"},
    {"http://secret@host", "scheme"},
    {"redis://", "host"},
    {"redis://:secret@", "host"},
    {"redis://host:0", "port"},
    {"redis://host:70000", "no host with a port"},
    {"redis://:secret@host:x", "\"host:x\" is no host with a port"},
    {"redis://host/x", "number of a database"},
    {"redis://host/-1", "number of a database"},
    {"redis://user@host", "no password"},
    {"redis://:sec%zzret@host", "hexadecimal"},
    {"redis://:secret%4", "host"},
    {"redis://:secret%4@host", "hexadecimal"},
    {"redis://:sec/ret@host", "%2F"},
    {"redis://:sec?ret@host", "%3F"},
    {"redis://:sec ret@host", "space"},
    {"redis://a,b", "several hosts"},
    {"redis+sentinel://a,b", "name of the master"},
    {"redis+sentinel://a,b/", "name of the master"},
    {"redis+sentinel://a,,b/m", "host"},
    {"redis+cluster://a/1", "one database"},
};

TEST(RedisUrl, SaysWhatIsWrongAndNeverThePassword) {
  for (const BadUrl& bad : kBad) {
    try {
      parse_redis_url(bad.text);
      ADD_FAILURE() << bad.text;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(bad.why)) << bad.text;
      EXPECT_THAT(error.what(), Not(HasSubstr("secret"))) << bad.text;
      EXPECT_THAT(error.what(), Not(HasSubstr("ret@"))) << bad.text;
    }
  }
}

TEST(RedisSettings, RefuseWhatDoesNotFitTogether) {
  EXPECT_THROW(RedisSettings(RedisBroker("redis://h").prefix("")), ConfigError);
  EXPECT_THROW(RedisSettings(RedisBroker("redis://h").prefix("a{b}")), ConfigError);
  EXPECT_THROW(RedisSettings(RedisBroker("redis://h").ca_file("/x.pem")), ConfigError);
  EXPECT_THROW(RedisSettings(RedisBroker("rediss://h").ca_file("/no such file")), ConfigError);
  EXPECT_THROW(RedisSettings(RedisBroker("redis://h").client_name("a b")), ConfigError);
  EXPECT_EQ(RedisSettings(RedisBroker("redis://h")).prefix, "mf");
}

TEST(RedisKeys, CarryTheirPartition) {
  const RedisKeys keys("mf");
  const unsigned partition = RedisKeys::partition_of("room");
  const std::string front = "mf:{p" + std::to_string(partition) + "}:";
  EXPECT_EQ(keys.log("room"), front + "l:room");
  EXPECT_EQ(keys.topic_channel("room"), front + "t:room");
  EXPECT_EQ(keys.once("room", "x"), front + "o:4:room:x");
  EXPECT_EQ(RedisKeys::partition_of_key(keys.log("room")), partition);
  EXPECT_EQ(RedisKeys::partition_of_key("no key"), 0U);
  const RedisKeys third("mf", 3);
  EXPECT_EQ(third.log("room"), keys.log("room"));
  EXPECT_EQ(third.topic_channel("room"), "mf:3:{p" + std::to_string(partition) + "}:t:room");
  EXPECT_FALSE(third.read_channel(keys.topic_channel("room")));
  EXPECT_NE(keys.once("a:b", "c"), keys.once("a", "b:c"));
}

// The nodes of a cluster must agree, whatever their version.
TEST(RedisKeys, PartitionsNeverChange) {
  EXPECT_EQ(RedisKeys::partition_of(""), 193U);
  EXPECT_EQ(RedisKeys::partition_of("a"), 192U);
}

// Redis Cluster's specification: 31C3 is the CRC of "123456789".
TEST(RedisKeys, SlotsAreThoseOfRedis) {
  EXPECT_EQ(RedisKeys::slot_of_key("123456789"), 0x31C3U % 16'384);
  EXPECT_EQ(RedisKeys::slot_of_key("mf:{p17}:l:{x}"), RedisKeys::slot_of(17));
  EXPECT_EQ(RedisKeys::slot_of_key("{}x"), RedisKeys::slot_of_key("{}x"));
  EXPECT_EQ(RedisKeys::slot_of_key("foo{bar}"), 5061U);
}

TEST(RedisKeys, ReadTheirChannels) {
  const RedisKeys keys("mf");
  for (const std::string& name : {std::string("}:t:"), std::string(), std::string("\0{", 2)}) {
    const std::string topic = keys.topic_channel(name);
    const auto read = keys.read_channel(topic);
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->of_log);
    EXPECT_EQ(read->name, name);
    const std::string log = keys.log_channel(name);
    EXPECT_TRUE(keys.read_channel(log)->of_log);
    EXPECT_EQ(keys.read_channel(log)->name, name);
  }
  for (const char* foreign : {"", "mf", "mf:{p1}", "mf:{p1}:x:name", "other:{p1}:t:name"})
    EXPECT_FALSE(keys.read_channel(foreign)) << foreign;
}

TEST(RedisCommand, IsAnArrayOfTexts) {
  EXPECT_EQ(redis_command({"SET", "", std::string_view("\r\n\0", 3)}),
            "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$3\r\n\r\n\0\r\n"sv);
  RedisArguments two;
  two.add("a", "bc");
  two.add(12);
  EXPECT_EQ(redis_command({"X"}, two), "*3\r\n$1\r\nX\r\n$3\r\nabc\r\n$2\r\n12\r\n");
}

TEST(RedisPosition, IsRead) {
  EXPECT_EQ(read_position("17-3"), (hub::Broker::Position{17, 3}));
  EXPECT_EQ(read_position("18446744073709551615-1")->epoch, 18446744073709551615U);
  for (const char* bad :
       {"", "-", "1", "1-", "-1", "1-2x", "a-1", "1-2-3", "18446744073709551616-1"})
    EXPECT_FALSE(read_position(bad)) << bad;
}

TEST(RedisAppends, AHeaderIsReadAsItWasWritten) {
  const auto header = RedisAppends::decode(RedisAppends::encode({0xFEDCBA9876543210, 60'000, 100}));
  EXPECT_EQ(header.tag, 0xFEDCBA9876543210U);
  EXPECT_EQ(header.age_max_ms, 60'000U);
  EXPECT_EQ(header.kept_max, 100U);
}

RedisReply text_reply(std::string value) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::text;
  reply.text = std::move(value);
  return reply;
}
RedisReply number_reply(long long value) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::integer;
  reply.integer = value;
  return reply;
}
RedisReply array_reply(std::vector<RedisReply> items) {
  RedisReply reply;
  reply.kind = RedisReply::Kind::array;
  reply.items = std::move(items);
  return reply;
}

TEST(RedisMap, IsReadFromClusterSlots) {
  net::Address asked;
  asked.host = "asked";
  const auto map = map_of_slots(
      array_reply(
          {array_reply({number_reply(0), number_reply(8191),
                        array_reply({text_reply("a"), number_reply(7000), text_reply("id")})}),
           array_reply({number_reply(8192), number_reply(16383),
                        array_reply({text_reply(""), number_reply(7001)}),
                        array_reply({text_reply("replica"), number_reply(7002)})})}),
      asked);
  ASSERT_TRUE(map.ok());
  ASSERT_EQ(map->servers.size(), 2U);
  for (unsigned i = 0; i < RedisKeys::kPartitions; ++i) {
    const auto& owner = map->servers[map->owner[i]];
    EXPECT_EQ(owner.host, RedisKeys::slot_of(i) < 8192 ? "a" : "asked");
    EXPECT_EQ(owner.port, RedisKeys::slot_of(i) < 8192 ? 7000 : 7001);
  }
}

TEST(RedisMap, MustBeWhole) {
  const auto master = array_reply({text_reply("a"), number_reply(7000)});
  for (const RedisReply& bad :
       {array_reply({}), array_reply({array_reply({number_reply(0), number_reply(8191), master})}),
        number_reply(1), text_reply("x"),
        array_reply({array_reply({number_reply(0), number_reply(16383)})}),
        array_reply({array_reply({number_reply(0), number_reply(16383), text_reply("a")})}),
        array_reply({array_reply({number_reply(0), number_reply(16383),
                                  array_reply({text_reply("a"), number_reply(0)})})})})
    EXPECT_FALSE(map_of_slots(bad, {}).ok());
}

TEST(RedisMap, IsReadFromASentinel) {
  const auto map = map_of_master(array_reply({text_reply("10.0.0.1"), text_reply("6379")}));
  ASSERT_TRUE(map.ok());
  EXPECT_EQ(map->servers.at(0).host, "10.0.0.1");
  EXPECT_EQ(map->servers.at(0).port, 6379);
  RedisReply nil;
  nil.kind = RedisReply::Kind::nil;
  EXPECT_FALSE(map_of_master(nil).ok());
  EXPECT_FALSE(map_of_master(array_reply({text_reply("10.0.0.1"), text_reply("x")})).ok());
  EXPECT_FALSE(map_of_master(array_reply({text_reply("10.0.0.1")})).ok());
}

TEST(RedisMap, RedirectionsAreRead) {
  net::Address asked;
  asked.host = "asked";
  const auto moved = redirection_of("MOVED 3999 127.0.0.1:6381", asked);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->slot, 3999U);
  EXPECT_EQ(moved->to.host, "127.0.0.1");
  EXPECT_EQ(moved->to.port, 6381);
  EXPECT_EQ(redirection_of("ASK 1 :7", asked)->to.host, "asked");
  EXPECT_EQ(redirection_of("MOVED 1 ::1:7", asked)->to.host, "::1");
  for (const char* bad : {"", "MOVED", "MOVED x a:1", "MOVED 16384 a:1", "MOVED 1 a", "MOVED 1 a:0",
                          "MOVED 1 a:70000", "ERR MOVED 1 a:1", "MOVED 1a:1"})
    EXPECT_FALSE(redirection_of(bad, asked)) << bad;
}

TEST(RedisReply, ErrorsAreUnderstood) {
  using enum hub::Broker::Failure;
  EXPECT_EQ(failure_of("OOM command not allowed"), full);
  EXPECT_EQ(failure_of("READONLY You can't"), unavailable);
  EXPECT_EQ(failure_of("LOADING"), unavailable);
  EXPECT_EQ(failure_of("NOPERM this user"), refused);
  EXPECT_EQ(failure_of("OOMPH"), refused);
  EXPECT_EQ(failure_of(RedisReply{}), unavailable);
  EXPECT_TRUE(is_wrong_server("MASTERDOWN Link"));
  EXPECT_FALSE(is_wrong_server("MOVED 1 a:1"));
}

TEST(RedisQueries, APageWithEntriesOfAnotherFormIsNone) {
  const std::string header = RedisAppends::encode({7, 1'000, 100});
  const auto entry = [&](const char* time) {
    return array_reply(
        {text_reply("5-2"), array_reply({text_reply(time), text_reply(header + "hello")})});
  };
  const auto page_of = [&](RedisReply only) {
    return RedisQueries::read_page(
        array_reply({entry("1000"), text_reply("2000"), array_reply({std::move(only)})}));
  };
  const auto page = page_of(entry("1500"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->epoch, 5U);
  EXPECT_EQ(page->last, 2U);
  ASSERT_EQ(page->entries.size(), 1U);
  EXPECT_EQ(page->entries[0].bytes, "hello");
  EXPECT_EQ(page->entries[0].tag, 7U);
  EXPECT_EQ(page->entries[0].age, std::chrono::milliseconds(500));
  // Too old; and from the future, where Redis's clock went back.
  EXPECT_TRUE(page_of(entry("1000"))->entries.empty());
  EXPECT_EQ(page_of(entry("2001"))->entries.at(0).age.count(), 0);
  EXPECT_FALSE(page_of(entry("x")));
  EXPECT_FALSE(page_of(text_reply("x")));
  EXPECT_FALSE(RedisQueries::read_page(text_reply("x")));
  EXPECT_EQ(RedisQueries::read_page(array_reply({}))->epoch, 0U);
}

}  // namespace
}  // namespace microframe::cluster
