// What KeyFetcher takes from an issuer's server, and what it refuses: a server on loopback answers.

#include "keys/key_fetcher.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>

#include "authx/jwks.hpp"
#include "support/key_server.hpp"

namespace microframe::keys {
namespace {

using namespace std::chrono_literals;
using authx::JwksSource;
using Mode = test::KeyServer::Mode;
using std::chrono::steady_clock;

// Works until so many fetches have ended.
std::map<std::size_t, Fetcher::Answer> answers(KeyFetcher& fetcher, std::size_t count) {
  std::map<std::size_t, Fetcher::Answer> all;
  const auto deadline = steady_clock::now() + 20s;
  while (all.size() < count && steady_clock::now() < deadline) {
    for (auto& answer : fetcher.work(1s)) all.emplace(answer.id, std::move(answer));
  }
  return all;
}

Fetcher::Answer fetch(const JwksSource& source) {
  KeyFetcher fetcher;
  fetcher.begin(7, source);
  auto all = answers(fetcher, 1);
  EXPECT_EQ(all.size(), 1U);
  EXPECT_EQ(all.begin()->first, 7U);
  return std::move(all.begin()->second);
}

TEST(KeyFetcher, BringsTheBodyOfAGoodAnswer) {
  const test::KeyServer server("the keys");
  const auto answer = fetch(JwksSource(server.url()));
  EXPECT_EQ(answer.body, "the keys");
  EXPECT_EQ(answer.error, "");
  EXPECT_FALSE(answer.max_age);
}

TEST(KeyFetcher, ReadsHowLongTheAnswerIsFresh) {
  test::KeyServer server("the keys");
  server.add_fields("cache-control: public, max-age=90\r\n");
  EXPECT_EQ(fetch(JwksSource(server.url())).max_age, 90s);
}

TEST(KeyFetcher, ShowsNoCredentialsAndNoCookie) {
  const test::KeyServer server("the keys");
  fetch(JwksSource(server.url()));
  const std::string request = server.request();
  EXPECT_TRUE(request.starts_with("GET /jwks.json HTTP/1.1\r\n")) << request;
  EXPECT_EQ(request.find("Authorization"), std::string::npos);
  EXPECT_EQ(request.find("Cookie"), std::string::npos);
}

TEST(KeyFetcher, RefusesAnyStatusButOk) {
  test::KeyServer server("no keys");
  server.behave(Mode::fails);
  EXPECT_EQ(fetch(JwksSource(server.url())).error, "status 500");
}

TEST(KeyFetcher, FollowsNoRedirect) {
  const test::KeyServer target("keys of somebody else");
  test::KeyServer server;
  server.redirect_to(target.url());
  const auto answer = fetch(JwksSource(server.url()));
  EXPECT_EQ(answer.error, "status 302");
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(target.fetches(), 0);
}

TEST(KeyFetcher, TakesNoMoreThanAKeySetMayHave) {
  const test::KeyServer largest(std::string(authx::KeySet::kBytesMax, ' '));
  EXPECT_EQ(fetch(JwksSource(largest.url())).body.size(), authx::KeySet::kBytesMax);
  const test::KeyServer larger(std::string(authx::KeySet::kBytesMax + 1, ' '));
  EXPECT_EQ(fetch(JwksSource(larger.url())).error, "the answer is too big");
}

TEST(KeyFetcher, LeavesAnAnswerWithoutEnd) {
  test::KeyServer server;
  server.behave(Mode::huge);
  const auto answer = fetch(JwksSource(server.url()));
  EXPECT_EQ(answer.error, "the answer is too big");
  EXPECT_LE(answer.body.size(), authx::KeySet::kBytesMax);
}

TEST(KeyFetcher, TakesNoMoreFieldLinesThanItNeeds) {
  test::KeyServer server("the keys");
  std::string fields;
  for (int i = 0; i < 400; ++i) fields += "X-Filler: " + std::string(100, 'x') + "\r\n";
  server.add_fields(fields);
  EXPECT_EQ(fetch(JwksSource(server.url())).error, "the answer is too big");
}

TEST(KeyFetcher, GivesUpAServerThatDoesNotAnswerInTime) {
  test::KeyServer server;
  server.behave(Mode::hangs);
  const auto begin = steady_clock::now();
  const auto answer = fetch(JwksSource(server.url()).fetch_time(50ms));
  EXPECT_NE(answer.error, "");
  EXPECT_GE(steady_clock::now() - begin, 50ms);
  EXPECT_LT(steady_clock::now() - begin, 10s);
}

TEST(KeyFetcher, SaysWhyItCannotConnect) {
  std::string url;
  {
    const test::KeyServer gone;
    url = gone.url();
  }
  const auto answer = fetch(JwksSource(url));
  EXPECT_NE(answer.error, "");
  EXPECT_EQ(answer.body, "");
}

TEST(KeyFetcher, FetchesFromSeveralServersAtOnce) {
  test::KeyServer slow;
  slow.behave(Mode::hangs);
  const test::KeyServer one("one");
  const test::KeyServer two("two");
  KeyFetcher fetcher;
  fetcher.begin(0, JwksSource(slow.url()));
  fetcher.begin(1, JwksSource(one.url()));
  fetcher.begin(2, JwksSource(two.url()));
  auto all = answers(fetcher, 2);
  EXPECT_EQ(all[1].body, "one");
  EXPECT_EQ(all[2].body, "two");
  EXPECT_FALSE(all.contains(0)) << "who hangs holds nobody up";
}

TEST(KeyFetcher, WorkEndsWhenAnotherThreadWakesIt) {
  KeyFetcher fetcher;
  std::thread waking([&] { fetcher.wake(); });
  EXPECT_TRUE(fetcher.work(60s).empty());
  waking.join();
}

}  // namespace
}  // namespace microframe::keys
