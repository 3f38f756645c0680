// Lists of networks: who is in, and what a mistake is told.

#include "net/networks.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "microframe/config_error.hpp"
#include "net/address.hpp"

namespace microframe::net {
namespace {

using base::IpAddress;

TEST(Networks, ContainExactlyWhatTheyList) {
  const Networks list({"10.0.0.0/8", "192.0.2.7", "::1", "2001:db8::/33", "::ffff:172.16.0.0/108"});
  for (const char* in : {"10.0.0.0", "10.255.255.255", "192.0.2.7", "::1", "2001:db8:7fff::1",
                         "::ffff:10.1.1.1", "172.31.255.255"}) {
    EXPECT_TRUE(list.contains(*IpAddress::parse(in))) << in;
  }
  for (const char* out : {"11.0.0.0", "9.255.255.255", "192.0.2.6", "192.0.2.8", "::2",
                          "2001:db8:8000::", "::", "127.0.0.1", "172.32.0.0"}) {
    EXPECT_FALSE(list.contains(*IpAddress::parse(out))) << out;
  }
  EXPECT_FALSE(list.contains(PeerAddress())) << "unix is not listed";
  EXPECT_FALSE(list.empty());
}

TEST(Networks, ANetworkOfAllAddressesHoldsItsFamilyOnly) {
  const Networks list({"0.0.0.0/0"});
  EXPECT_TRUE(list.contains(*IpAddress::parse("203.0.113.9")));
  EXPECT_FALSE(list.contains(*IpAddress::parse("::1")));
}

TEST(Networks, UnixStandsForPeersOfUnixSockets) {
  const Networks list({"unix"});
  EXPECT_TRUE(list.contains(PeerAddress()));
  EXPECT_FALSE(list.contains(*IpAddress::parse("127.0.0.1")));
  EXPECT_FALSE(list.empty());
  EXPECT_TRUE(Networks().empty());
  EXPECT_FALSE(Networks().contains(PeerAddress()));
}

TEST(Networks, RefuseABadNetworkWithAdvice) {
  for (const char* bad :
       {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "/8", "localhost",
        "10.0.0/8", "::ffff:10.0.0.0/8", "unix:/run/x", "10.0.0.0/8/8", " 10.0.0.1"}) {
    try {
      Networks({bad});
      FAIL() << bad;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find("10.0.0.0/8"), std::string::npos) << error.what();
    }
  }
  try {
    Networks({"10.1.2.3/8"});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what())
                  .find("write 10.0.0.0/8 for the network, or 10.1.2.3 for the address"),
              std::string::npos)
        << error.what();
  }
}

TEST(PeerAddress, IsWrittenWithItsPortIfThatIsKnown) {
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_port = htons(50000);
  ASSERT_EQ(mapped.sin6_addr.s6_addr[0], 0);
  mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xFF;
  mapped.sin6_addr.s6_addr[12] = 127;
  mapped.sin6_addr.s6_addr[15] = 1;
  EXPECT_EQ(to_string(PeerAddress(reinterpret_cast<const sockaddr&>(mapped))), "127.0.0.1:50000");
  EXPECT_EQ(to_string(PeerAddress(*IpAddress::parse("::1"), 80)), "[::1]:80");
  EXPECT_EQ(to_string(PeerAddress(*IpAddress::parse("::1"), 0)), "::1");
  EXPECT_EQ(to_string(PeerAddress()), "unix");
}

}  // namespace
}  // namespace microframe::net
