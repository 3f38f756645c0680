// IP addresses as values: what is read, what is told, and what is in a network.

#include "base/ip_address.hpp"

#include <gtest/gtest.h>

#include "support/bytes.hpp"

namespace microframe::base {
namespace {

using namespace std::string_view_literals;

TEST(IpAddress, IsReadInAnyFormAndWrittenInOne) {
  const std::pair<std::string_view, std::string_view> forms[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"10.20.30.40", "10.20.30.40"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:db8:0:0:0:0:0:1", "2001:db8::1"},
      {"::", "::"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::FFFF:c000:201", "192.0.2.1"},
      {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
  };
  for (const auto& [text, told] : forms) {
    const auto read = IpAddress::parse(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(to_string(*read), told);
  }
  EXPECT_EQ(to_string(IpAddress()), "");
}

TEST(IpAddress, RefusesTextThatIsNoAddress) {
  for (const std::string_view text :
       {""sv, "192.0.2"sv, "192.0.2.256"sv, "192.0.2.01"sv, "192.0.2.1 "sv, "0x7f.1"sv,
        "192.0.2.1:80"sv, "[::1]"sv, ":::"sv, "fe80::1%lo"sv, "1:2:3:4:5:6:7:8:9"sv, "localhost"sv,
        "192.0.2.1\0"sv, "0000:0000:0000:0000:0000:ffff:192.168.100.1000000"sv}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, SharesAPrefixBitByBit) {
  const IpAddress a = *IpAddress::parse("10.1.128.0");
  const IpAddress b = *IpAddress::parse("10.1.255.255");
  EXPECT_TRUE(a.shares_prefix(b, 17));
  EXPECT_FALSE(a.shares_prefix(b, 18));
  EXPECT_TRUE(a.shares_prefix(b, 0));
  EXPECT_TRUE(a.shares_prefix(a, 32));
  EXPECT_FALSE(a.shares_prefix(*IpAddress::parse("::"), 0));
  EXPECT_EQ(b.network(17), a);
  EXPECT_EQ(to_string(IpAddress::parse("2001:db8:ffff::1")->network(33)), "2001:db8:8000::");
}

}  // namespace
}  // namespace microframe::base
