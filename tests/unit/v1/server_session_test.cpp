// What a ServerSession makes of a client's frames, in the order in which a driver calls it.
#include "v1/server_session.hpp"

#include <gtest/gtest.h>

namespace microframe::v1 {
namespace {

TEST(ServerSession, WelcomesANewClientUncounted) {
  ServerSession::Options options;
  options.ttl_ms = 60'000;
  options.ping_ms = 25'000;
  const ServerSession session("s1", "x1", options);
  const Reply welcome = session.welcome("alice");
  EXPECT_FALSE(welcome.counted);
  EXPECT_EQ(welcome.text,
            R"({"t":"welcome","session":"s1","secret":"x1","user":"alice","resumed":false,)"
            R"("handled":0,"ttl_ms":60000,"ping_ms":25000})");
}

}  // namespace
}  // namespace microframe::v1
