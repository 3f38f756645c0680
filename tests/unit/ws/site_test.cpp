// What a server has before it serves: what is behind each path, its limits, its registries.
#include "ws/site.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "microframe/config_error.hpp"
#include "microframe/ws/chat_base.hpp"
#include "microframe/ws/route.hpp"

namespace microframe::ws {
namespace {

using Networks = std::vector<std::string>;

struct Chat : ChatBase {
  void on_message(WebSocket&, const UserId&, const Json&) {}
};

std::unique_ptr<Endpoint> endpoint(std::string path) {
  return std::make_unique<Endpoint>(WebSocketRoute(std::move(path), std::make_unique<Chat>(),
                                                   authx::AuthConfig(std::string(32, 's')))
                                        .take());
}

// --- Routes

TEST(Routes, EndpointIsFoundByItsWholePath) {
  Routes routes;
  routes.endpoints.push_back(endpoint("/ws"));
  routes.endpoints.push_back(endpoint("/ws/chat"));
  EXPECT_EQ(routes.endpoint("/ws"), routes.endpoints[0].get());
  EXPECT_EQ(routes.endpoint("/ws/chat"), routes.endpoints[1].get());
  for (const char* path : {"", "/", "/w", "/ws/", "/WS", "/ws/chat/room"})
    EXPECT_EQ(routes.endpoint(path), nullptr) << path;
}

TEST(Routes, PageIsFoundByItsWholePath) {
  Routes routes;
  routes.served.pages["/healthz"] = Page{"text/plain", [] { return std::string("ok"); }};
  ASSERT_NE(routes.served.page("/healthz"), nullptr);
  EXPECT_EQ(routes.served.page("/healthz")->body(), "ok");
  EXPECT_FALSE(routes.served.page("/healthz")->good) << "always good";
  EXPECT_EQ(routes.served.page("/healthz/"), nullptr);
  EXPECT_EQ(routes.endpoint("/healthz"), nullptr) << "a page is no endpoint";
}

TEST(Routes, AreEmptyAtFirst) {
  const Routes routes;
  EXPECT_EQ(routes.endpoint("/ws"), nullptr);
  EXPECT_EQ(routes.served.page("/"), nullptr);
}

// --- Settings

TEST(Settings, MemoryLimitIsTheOneThatIsSaid) {
  Limits limits;
  limits.memory_bytes_max = 123'456'789;
  EXPECT_EQ(Settings(limits, {}, {}).limits.memory_bytes_max, 123'456'789U);
}

TEST(Settings, A05_LimitsThatContradictEachOtherAreRefused) {
  Limits limits;
  limits.session_bytes_max = limits.message_bytes_max;
  EXPECT_THROW(Settings(limits, {}, {}), ConfigError);
}

TEST(Settings, ProxyThatCannotBeIsRefused) {
  EXPECT_THROW(Settings({}, {}, TrustedProxies(Networks{"no network"})), ConfigError);
  EXPECT_TRUE(Settings({}, {}, TrustedProxies(Networks{"10.0.0.0/8"}, ProxyForm::proxy_protocol))
                  .proxies.expects_header());
}

TEST(Settings, LimitsAndCompressionAreCopies) {
  Limits limits;
  Compression compression;
  limits.message_bytes_max = 77;
  compression.level = 5;
  const Settings settings(limits, compression, {});
  limits.message_bytes_max = 1;
  compression.level = 1;
  EXPECT_EQ(settings.limits.message_bytes_max, 77U);
  EXPECT_EQ(settings.compression.level, 5);
}

// --- Registries

TEST(Registries, NoTwoConnectionsHaveOneNumber) {
  Registries registries({}, {});
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(seen.insert(registries.new_connection_id()).second);
  EXPECT_FALSE(seen.contains(0)) << "0 is no connection";
}

TEST(Registries, HaveTheBoundsOfTheLimits) {
  Limits limits;
  limits.sessions_suspended_max = 1;
  limits.authentications_max = 2;
  Compression compression;
  compression.takeover_bytes_max = 1'000;
  Registries registries(limits, compression);
  const auto suspended = registries.sessions.suspended().take();
  EXPECT_FALSE(registries.sessions.suspended().take());
  const auto one = registries.key_waits.take();
  const auto two = registries.key_waits.take();
  EXPECT_TRUE(two);
  EXPECT_FALSE(registries.key_waits.take());
  EXPECT_TRUE(registries.takeover_budget.take(1'000));
  EXPECT_FALSE(registries.takeover_budget.take(1'001));
}

}  // namespace
}  // namespace microframe::ws
