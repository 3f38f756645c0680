// Which sessions can be found, and by whom.
#include "ws/sessions.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "ws/resumption.hpp"

namespace microframe::ws {
namespace {

class FakeSession final : public base::RefCounted, public Resumable {
 public:
  explicit FakeSession(bool& destroyed) : destroyed_(destroyed) {}
  ~FakeSession() override { destroyed_ = true; }
  bool belongs_to(const Endpoint&, std::string_view) const override { return true; }
  void request_resume(std::shared_ptr<Resumption>) override {}
  void request_watch(std::function<void(const Watched&)>) override {}

 private:
  bool& destroyed_;
};

v1::ResumeOffer offer(std::string name, std::string secret) {
  v1::ResumeOffer made;
  made.session = std::move(name);
  made.secret = std::move(secret);
  return made;
}

class SessionsTest : public testing::Test {
 protected:
  // returns: the session, which is held by the registry alone.
  FakeSession& add(const SessionKey& key) {
    auto* session = new FakeSession(destroyed);
    sessions.add(key, base::Ref<const base::RefCounted>(session), *session);
    return *session;
  }

  bool destroyed = false;
  Sessions sessions{2};
};

TEST(SessionKey, NoTwoKeysAreAlikeAndNameAndSecretDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const SessionKey key = Sessions(1).make_key();
    EXPECT_GE(key.name.size(), 16U);
    EXPECT_GE(key.secret.size(), 32U);
    EXPECT_TRUE(seen.insert(key.name).second);
    EXPECT_TRUE(seen.insert(key.secret).second);
  }
}

TEST(SessionKey, TellsWhetherItIsOfThisServer) {
  const Sessions one(1);
  const Sessions other(1);
  EXPECT_TRUE(one.have_made(one.make_key().name)) << "be it that no such session is here";
  EXPECT_FALSE(other.have_made(one.make_key().name));
  EXPECT_FALSE(one.have_made("x"));
}

TEST(SessionKey, FitsIntoTheClientsOffer) {
  const SessionKey key = Sessions(1).make_key();
  v1::ResumeOffer made = offer(key.name, key.secret);
  made.received = 7;
  const auto read = v1::parse_resume(v1::to_subprotocol(made));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->session, key.name);
  EXPECT_EQ(read->secret, key.secret);
}

TEST_F(SessionsTest, ClientFindsItsSessionByNameAndSecret) {
  FakeSession& session = add({"name", "secret"});
  EXPECT_EQ(sessions.count(), 1U);
  const Sessions::Found found = sessions.find(offer("name", "secret"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found.session, &session);
}

TEST_F(SessionsTest, StrangerCannotFindASession) {
  add({"name", "secret"});
  for (const char* guess : {"", "s", "secre", "secret ", "Secret", "secreT", "name"})
    EXPECT_FALSE(sessions.find(offer("name", guess))) << guess;
  for (const char* name : {"", "nam", "name ", "Name", "secret"})
    EXPECT_FALSE(sessions.find(offer(name, "secret"))) << name;
}

TEST_F(SessionsTest, SecretOfOneSessionOpensNoOther) {
  add({"a", "secret a"});
  add({"b", "secret b"});
  EXPECT_FALSE(sessions.find(offer("a", "secret b")));
  EXPECT_TRUE(sessions.find(offer("b", "secret b")));
}

TEST_F(SessionsTest, SessionIsHeldAsLongAsItCanBeFound) {
  add({"name", "secret"});
  EXPECT_FALSE(destroyed);
  sessions.remove("name");
  EXPECT_TRUE(destroyed);
  EXPECT_EQ(sessions.count(), 0U);
  EXPECT_FALSE(sessions.find(offer("name", "secret")));
}

TEST_F(SessionsTest, SessionThatWasFoundIsHeldAfterItsRemoval) {
  add({"name", "secret"});
  {
    const Sessions::Found found = sessions.find(offer("name", "secret"));
    sessions.remove("name");
    EXPECT_FALSE(destroyed);
  }
  EXPECT_TRUE(destroyed);
}

TEST_F(SessionsTest, RemovalOfAnUnknownSessionDoesNothing) {
  add({"name", "secret"});
  sessions.remove("other");
  EXPECT_EQ(sessions.count(), 1U);
}

TEST_F(SessionsTest, OnlySoManySessionsMayWaitForTheirClients) {
  auto one = sessions.suspended().take();
  const auto two = sessions.suspended().take();
  EXPECT_TRUE(one);
  EXPECT_TRUE(two);
  EXPECT_FALSE(sessions.suspended().take());
  one = {};
  EXPECT_TRUE(sessions.suspended().take());
}

}  // namespace
}  // namespace microframe::ws
