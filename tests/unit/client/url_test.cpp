// WebSocket URLs, RFC 6455 §3.

#include "client/url.hpp"

#include <gtest/gtest.h>

#include "microframe/config_error.hpp"

namespace microframe::client {
namespace {

TEST(WebSocketUrl, EveryFormIsRead) {
  const struct {
    const char* text;
    bool secure;
    const char* host;  // to connect to
    std::uint16_t port;
    const char* field;  // Host
    const char* target;
  } cases[] = {
      {"ws://a.example", false, "a.example", 80, "a.example", "/"},
      {"ws://a.example:80/x", false, "a.example", 80, "a.example", "/x"},
      {"ws://a.example:443/", false, "a.example", 443, "a.example:443", "/"},
      {"wss://a.example", true, "a.example", 443, "a.example", "/"},
      {"WSS://a.example:443/x?y=z", true, "a.example", 443, "a.example", "/x?y=z"},
      {"wss://a.example:80", true, "a.example", 80, "a.example:80", "/"},
      {"wss://a.example?y", true, "a.example", 443, "a.example", "/?y"},
      {"wss://[::1]:8000/ws", true, "::1", 8000, "[::1]:8000", "/ws"},
      {"wss://[::1]/ws", true, "::1", 443, "[::1]", "/ws"},
  };
  for (const auto& each : cases) {
    const Url url = parse_url(each.text);
    EXPECT_EQ(url.secure, each.secure) << each.text;
    EXPECT_EQ(url.address.host, each.host) << each.text;
    EXPECT_EQ(url.address.port, each.port) << each.text;
    EXPECT_EQ(url.host, each.field) << each.text;
    EXPECT_EQ(url.target, each.target) << each.text;
  }
}

TEST(WebSocketUrl, MalformedUrlIsRefused) {
  for (const char* bad :
       {"", "a.example", "http://a.example", "https://a.example", "wsss://a.example",
        "ws:/a.example", "wss://", "wss:///x", "wss://user@a.example", "wss://a.example/#fragment",
        "wss://a.example/a b", "wss://a.example:x"}) {
    EXPECT_THROW(parse_url(bad), ConfigError) << bad;
  }
}

}  // namespace
}  // namespace microframe::client
