// X-Forwarded-For, by a table: who the client is, whatever the client wrote.

#include "guard/proxies.hpp"

#include <gtest/gtest.h>

#include "microframe/config_error.hpp"

namespace microframe::guard {
namespace {

using base::IpAddress;
using net::PeerAddress;

struct Case {
  const char* name;
  const char* peer;
  std::vector<std::string_view> fields;
  const char* client;
};

// The proxies are 10.0.0.0/8 and ::1.
const Case kCases[] = {
    {"no field", "10.0.0.1", {}, "10.0.0.1"},
    {"one proxy", "10.0.0.1", {"203.0.113.9"}, "203.0.113.9"},
    {"two proxies", "10.0.0.1", {"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
    {"two proxies, a field each", "10.0.0.1", {"203.0.113.9", "10.0.0.2"}, "203.0.113.9"},
    {"what the client wrote stands to the left",
     "10.0.0.1",
     {"198.51.100.1, 203.0.113.9"},
     "203.0.113.9"},
    {"a trusted address that the client wrote",
     "10.0.0.1",
     {"10.9.9.9, 203.0.113.9"},
     "203.0.113.9"},
    {"a field that the client wrote", "10.0.0.1", {"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
    {"all are proxies", "10.0.0.1", {"10.0.0.3,10.0.0.2"}, "10.0.0.3"},
    {"IPv6", "::1", {"2001:db8::7"}, "2001:db8::7"},
    {"IPv6 in brackets", "::1", {"[2001:db8::7]"}, "2001:db8::7"},
    {"IPv6 with a port", "::1", {"[2001:db8::7]:443"}, "[2001:db8::7]:443"},
    {"IPv4 with a port", "::1", {"203.0.113.9:50000"}, "203.0.113.9:50000"},
    {"a mapped proxy", "10.0.0.1", {"203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9"},
    {"spaces and tabs", "10.0.0.1", {" 203.0.113.9 \t,\t 10.0.0.2 "}, "203.0.113.9"},
    {"not an address, last", "10.0.0.1", {"203.0.113.9, unknown"}, "10.0.0.1"},
    {"not an address, behind a proxy", "10.0.0.1", {"_hidden, 10.0.0.2"}, "10.0.0.2"},
    {"not an address, to the left of the client",
     "10.0.0.1",
     {"<script>, 203.0.113.9"},
     "203.0.113.9"},
    {"an empty field", "10.0.0.1", {""}, "10.0.0.1"},
    {"an empty element ends the list", "10.0.0.1", {"203.0.113.9,"}, "10.0.0.1"},
    {"a port that is none", "10.0.0.1", {"203.0.113.9:x"}, "10.0.0.1"},
    {"a port too great", "10.0.0.1", {"203.0.113.9:65536"}, "10.0.0.1"},
    {"a bracket left open", "10.0.0.1", {"[2001:db8::7"}, "10.0.0.1"},
    {"behind a bracket", "10.0.0.1", {"[2001:db8::7]x"}, "10.0.0.1"},
    {"IPv4 in brackets", "10.0.0.1", {"[203.0.113.9]"}, "10.0.0.1"},
    {"Forwarded's form is another field's", "10.0.0.1", {"for=203.0.113.9"}, "10.0.0.1"},
};

TEST(Proxies, B19_NearlyEverybodyIsNotTrusted) {
  for (const char* wide : {"0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "::ffff:0.0.0.0/96",
                           "8000::/1", "8.0.0.0/6"}) {
    EXPECT_THROW(Proxies(TrustedProxies({"10.0.0.1", wide})), ConfigError) << wide;
  }
  for (const char* own : {"10.0.0.0/8", "fc00::/7", "unix", "::1"})
    EXPECT_NO_THROW(Proxies(TrustedProxies({own}))) << own;
}

TEST(Proxies, TakesTheLastAddressThatIsNoProxyForTheClient) {
  const Proxies proxies(TrustedProxies({"10.0.0.0/8", "::1"}));
  for (const Case& c : kCases) {
    const PeerAddress peer(*IpAddress::parse(c.peer), 0);
    ASSERT_TRUE(proxies.forwards(peer)) << c.name;
    EXPECT_EQ(to_string(proxies.client(c.fields, peer)), c.client) << c.name;
  }
}

TEST(Proxies, BelievesOnlyTrustedPeers) {
  const PeerAddress proxy(*IpAddress::parse("10.0.0.1"), 1);
  const PeerAddress other(*IpAddress::parse("11.0.0.1"), 1);
  EXPECT_FALSE(Proxies(TrustedProxies()).forwards(proxy));
  EXPECT_FALSE(Proxies(TrustedProxies({"10.0.0.0/8"})).forwards(other));
  EXPECT_FALSE(Proxies(TrustedProxies({"10.0.0.0/8"})).expects_header());
  const Proxies header(TrustedProxies({"10.0.0.0/8"}, ProxyForm::proxy_protocol));
  EXPECT_TRUE(header.trusts(proxy));
  EXPECT_FALSE(header.forwards(proxy));
  EXPECT_TRUE(header.expects_header());
  const Proxies both(TrustedProxies({"10.0.0.0/8", "unix"}, ProxyForm::both));
  EXPECT_TRUE(both.forwards(proxy));
  EXPECT_TRUE(both.forwards(PeerAddress()));
  EXPECT_TRUE(both.expects_header());
}

TEST(Proxies, RefusesAConfigurationThatLetsNobodyIn) {
  EXPECT_THROW(Proxies(TrustedProxies({}, ProxyForm::proxy_protocol)), ConfigError);
  EXPECT_THROW(Proxies(TrustedProxies({"my-proxy"})), ConfigError);
}

}  // namespace
}  // namespace microframe::guard
