// Which route a path belongs to, by tables.
#include "http/router.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "microframe/config_error.hpp"

namespace microframe::http {
namespace {

using Kind = Router::Found::Kind;

Router some_routes() {
  Router router;
  router.add("GET", "/");
  router.add("GET", "/rooms");
  router.add("POST", "/rooms");
  router.add("GET", "/rooms/{room}");
  router.add("DELETE", "/rooms/{room}");
  router.add("GET", "/rooms/lobby");
  router.add("GET", "/rooms/{room}/members/{user}");
  router.add("GET", "/{any}/lobby/members/{user}");
  router.add("GET", "/files/a%20b");
  return router;
}

struct Path {
  const char* method;
  std::string path;
  Kind kind;
  std::size_t route = 0;
  Router::Parameters parameters = {};
};

const Path kPaths[] = {
    {"GET", "/", Kind::route, 0},
    {"HEAD", "/", Kind::route, 0},
    {"POST", "/", Kind::no_method},
    {"GET", "/rooms", Kind::route, 1},
    {"POST", "/rooms", Kind::route, 2},
    {"get", "/rooms", Kind::no_method},
    {"GET", "/Rooms", Kind::no_path},
    {"GET", "/rooms/", Kind::no_path},
    {"GET", "/rooms/general", Kind::route, 3, {{"room", "general"}}},
    {"DELETE", "/rooms/general", Kind::route, 4, {{"room", "general"}}},
    {"GET", "/rooms/lobby", Kind::route, 5},
    {"DELETE", "/rooms/lobby", Kind::route, 4, {{"room", "lobby"}}},
    {"PUT", "/rooms/lobby", Kind::no_method},
    {"GET", "/rooms/a/members/b", Kind::route, 6, {{"room", "a"}, {"user", "b"}}},
    {"GET", "/rooms/lobby/members/b", Kind::route, 6, {{"room", "lobby"}, {"user", "b"}}},
    {"GET", "/halls/lobby/members/b", Kind::route, 7, {{"any", "halls"}, {"user", "b"}}},
    {"GET", "/rooms/a/members", Kind::no_path},
    {"GET", "/rooms/a/members/", Kind::no_path},
    {"GET", "/rooms//members/b", Kind::no_path},
    {"GET", "/rooms/a/members/b/", Kind::no_path},
    {"GET", "/rooms/a/members/b/c", Kind::no_path},
    {"GET", "//rooms", Kind::no_path},
    {"GET", "*", Kind::no_path},
    {"GET", "", Kind::no_path},
    {"GET", "/files/a%20b", Kind::route, 8},
    {"GET", "/files/a%2", Kind::no_path},
    {"GET", "/rooms/a%20b", Kind::route, 3, {{"room", "a b"}}},
    {"GET", "/rooms/a%2Fb", Kind::route, 3, {{"room", "a/b"}}},
    {"GET", "/rooms/%2e%2e", Kind::route, 3, {{"room", ".."}}},
    {"GET", "/rooms/%C3%A9", Kind::route, 3, {{"room", "\xC3\xA9"}}},
    {"GET", "/rooms/a+b", Kind::route, 3, {{"room", "a+b"}}},
    {"GET", "/rooms/%25", Kind::route, 3, {{"room", "%"}}},
    {"GET", "/rooms/%2525", Kind::route, 3, {{"room", "%25"}}},
    {"GET", "/rooms/%", Kind::bad_path},
    {"GET", "/rooms/%2", Kind::bad_path},
    {"GET", "/rooms/%zz", Kind::bad_path},
    {"GET", "/rooms/%00", Kind::bad_path},
    {"GET", "/rooms/%0A", Kind::bad_path},
    {"GET", "/rooms/%7F", Kind::bad_path},
    {"GET", "/rooms/%FF", Kind::bad_path},
    {"GET", "/rooms/%C3", Kind::bad_path},
};

TEST(Router, FindsTheRouteOfEachPath) {
  const Router router = some_routes();
  for (const Path& c : kPaths) {
    const Router::Found found = router.find(c.method, c.path);
    EXPECT_EQ(found.kind, c.kind) << c.method << " " << c.path;
    if (c.kind != Kind::route) continue;
    EXPECT_EQ(found.route, c.route) << c.method << " " << c.path;
    EXPECT_EQ(found.parameters, c.parameters) << c.method << " " << c.path;
  }
}

TEST(Router, ListsTheMethodsOfAPath) {
  const Router router = some_routes();
  EXPECT_EQ(router.allowed("/"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(router.allowed("/rooms"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(router.allowed("/rooms/lobby"), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(router.allowed("/nowhere"), "");
  EXPECT_TRUE(router.has("/rooms"));
  EXPECT_FALSE(router.has("/rooms/a"));
}

TEST(Router, BadPatternsAreRefused) {
  for (const char* pattern :
       {"", "rooms", "{room}", "/a b", "/a?b", "/a#b", "/\xC3\xA9", "/{}", "/{a", "/a}", "/x{a}",
        "/{a}x", "/{a}/{a}", "/{a/b}", "/{{a}}", "/a\r\nb"}) {
    Router router;
    EXPECT_THROW(router.add("GET", pattern), ConfigError) << pattern;
  }
}

TEST(Router, RouteThatIsThereAlreadyIsRefused) {
  Router router = some_routes();
  EXPECT_THROW(router.add("GET", "/rooms"), ConfigError);
  EXPECT_THROW(router.add("GET", "/rooms/{room}"), ConfigError);
  EXPECT_THROW(router.add("GET", "/rooms/{name}"), ConfigError);
  EXPECT_THROW(router.add("PUT", "/rooms/{name}"), ConfigError) << "its parameter has two names";
  router.add("PUT", "/rooms/{room}");
  EXPECT_EQ(router.find("PUT", "/rooms/a").route, 9U);
}

}  // namespace
}  // namespace microframe::http
