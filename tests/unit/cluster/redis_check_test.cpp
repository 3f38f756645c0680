// What is wrong with the settings of a Redis is said in words that tell what to do.

#include "cluster/redis_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cluster/check_redis.hpp"
#include "support/redis_server.hpp"

namespace microframe::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(RedisCheck, ReadsTheVersion) {
  RedisFindings findings;
  RedisCheck::read_version("# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n",
                           findings);
  RedisCheck::read_version("redis_version:10.2.0\r\n", findings);
  EXPECT_THAT(findings.problems, IsEmpty());
  RedisCheck::read_version("# Server\r\nredis_version:6.2.7\r\n", findings);
  EXPECT_THAT(findings.problems, ElementsAre(HasSubstr("this is Redis 6.2.7: 7.0 or later")));
  RedisCheck::read_version("", findings);
  EXPECT_THAT(findings.doubts, ElementsAre(HasSubstr("version")));
}

TEST(RedisCheck, MayNotEvict) {
  RedisFindings findings;
  RedisCheck::read_memory("0", "allkeys-lru", findings);
  RedisCheck::read_memory("1000000", "noeviction", findings);
  RedisCheck::read_memory("", "", findings);
  EXPECT_THAT(findings.problems, IsEmpty());
  RedisCheck::read_memory("1000000", "allkeys-lru", findings);
  EXPECT_THAT(findings.problems, ElementsAre(HasSubstr("CONFIG SET maxmemory-policy noeviction")));
}

TEST(RedisCheck, MayNotCutSubscribersEarly) {
  RedisFindings findings;
  RedisCheck::read_buffer_limit("normal 0 0 0 slave 1 1 1 pubsub 33554432 8388608 60", findings);
  RedisCheck::read_buffer_limit("normal 0 0 0 slave 1 1 1 pubsub 0 0 0", findings);
  RedisCheck::read_buffer_limit("", findings);
  EXPECT_THAT(findings.problems, IsEmpty());
  RedisCheck::read_buffer_limit("normal 0 0 0 slave 1 1 1 pubsub 1048576 0 0", findings);
  EXPECT_THAT(findings.problems, ElementsAre(HasSubstr("cuts a subscriber at 1048576 bytes")));
}

TEST(RedisCheck, ARedisAsItComesIsGood) {
  const test::RedisProcess redis;
  const RedisFindings findings = check_redis(RedisBroker(redis.url()), false);
  EXPECT_THAT(findings.problems, IsEmpty());
  EXPECT_THAT(findings.doubts, IsEmpty());
  EXPECT_EQ(redis.ask("DBSIZE"), "0") << "nothing of the check is left";
}

TEST(RedisCheck, NamesAllThatIsWrong) {
  const test::RedisProcess redis({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru",
                                  "--client-output-buffer-limit", "pubsub", "1mb", "0", "0"});
  EXPECT_THAT(
      check_redis(RedisBroker(redis.url()), true).problems,
      ElementsAre(HasSubstr("maxmemory-policy"), HasSubstr("1048576"), HasSubstr("no replica")));
}

TEST(RedisCheck, NamesTheRightsThatAreMissing) {
  const test::RedisProcess redis(
      {"--user", "reader", "on", ">secret", "~mf:*", "&mf:*", "+@read", "+@connection", "+role"});
  const RedisFindings findings =
      check_redis(RedisBroker("redis://reader:secret@" + redis.address()), false);
  std::string all;
  for (const std::string& each : findings.problems) all += each + "\n";
  EXPECT_THAT(all, HasSubstr("'xadd'"));
  EXPECT_THAT(all, HasSubstr("'publish'"));
  EXPECT_THAT(all, testing::Not(HasSubstr("'xrange'")));
  EXPECT_THAT(all, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(findings.doubts, testing::Contains(HasSubstr("cannot look at the settings")));
}

TEST(RedisCheck, ARedisThatIsNotThereIsAProblem) {
  const RedisBroker nowhere("redis://127.0.0.1:" + std::to_string(test::free_port()));
  EXPECT_THAT(check_redis(nowhere, false).problems, ElementsAre(HasSubstr("Connection refused")));
}

TEST(RedisCheck, AWrongPasswordIsAProblem) {
  const test::RedisProcess redis({"--requirepass", "right"});
  EXPECT_THAT(check_redis(RedisBroker("redis://:wrong@" + redis.address()), false).problems,
              ElementsAre(HasSubstr("does not accept the user or the password")));
  EXPECT_THAT(check_redis(RedisBroker(redis.url()), false).problems,
              ElementsAre(HasSubstr("NOAUTH")));
}

}  // namespace
}  // namespace microframe::cluster
