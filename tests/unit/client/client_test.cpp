// The public Client, as far as it needs no server: what it refuses at once, and how it goes.

#include "microframe/client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "client/thread.hpp"
#include "microframe/config_error.hpp"

namespace microframe {
namespace {

// Nothing is ever connected to it.
constexpr const char* kUrl = "ws://127.0.0.1:1/";

std::string code_of(Reply reply) {
  try {
    reply.get();
  } catch (const ClientError& error) {
    return error.code();
  }
  return "none";
}

// --- what a client is made of ---

TEST(Client, UrlThatIsNoneIsRefused) {
  for (const char* bad : {"", "http://a.example/", "ws://", "wss://a.example/#x"})
    EXPECT_THROW(Client{bad}, ConfigError) << bad;
}

TEST(Client, AuthorityFileThatCannotBeReadIsRefused) {
  ClientOptions options;
  options.ca_file = "/nowhere/ca.pem";
  EXPECT_THROW(Client("wss://a.example/", options), ConfigError);
  const ClientLoop loop;
  EXPECT_THROW(Client(loop, "wss://a.example/", options), ConfigError);
  EXPECT_NO_THROW(Client("ws://a.example/", options)) << "without TLS nobody reads it";
}

TEST(ClientThread, ClientsWithTheSameTrustShareIt) {
  client::Thread thread;
  net::TlsTrust anyone;
  anyone.insecure = true;
  const auto first = thread.tls(anyone);
  EXPECT_EQ(thread.tls(anyone), first);
  EXPECT_NE(thread.tls({}), first);
}

TEST(ClientThread, MayBeDestroyedOnItsOwnLoop) {
  auto thread = std::make_shared<client::Thread>();
  net::Loop& loop = thread->loop();
  std::atomic<bool> gone{false};
  loop.post([&gone, owned = std::move(thread)]() mutable {
    owned.reset();
    gone = true;
    gone.notify_one();
  });
  gone.wait(false);
}

// --- what is refused at once ---

TEST(Client, MessageThatIsNoJsonFailsAtOnce) {
  Client client(kUrl);
  const Json infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(code_of(client.send(infinite)), "invalid_json");
  EXPECT_EQ(code_of(client.send(Json("\xFF"))), "invalid_json");
  EXPECT_EQ(code_of(client.send_text("\xFF")), "invalid_json");
  client.post(infinite);  // is dropped
}

TEST(Client, NameOrTokenThatIsNotUtf8FailsAtOnce) {
  Client client(kUrl);
  EXPECT_EQ(code_of(client.join("\xFF")), "room_name_invalid");
  EXPECT_EQ(code_of(client.leave("\xFF")), "room_name_invalid");
  RoomPosition position;
  position.epoch = "\xFF";
  EXPECT_EQ(code_of(client.join("hall", JoinOptions().since(position))), "room_name_invalid");
  position.epoch = "e";
  position.session = "\xFF";
  EXPECT_EQ(code_of(client.join("hall", JoinOptions().since(position))), "room_name_invalid");
  EXPECT_EQ(code_of(client.refresh_token("\xFF")), "bad_token");
}

TEST(Client, CloseTakesOnlyWhatAClientMaySay) {
  Client client(kUrl);
  for (const int code : {0, 999, 1002, 1005, 1006, 1015, 2999, 5000})
    EXPECT_THROW(client.close(static_cast<std::uint16_t>(code)), std::invalid_argument) << code;
  for (const int code : {1000, 1001, 3000, 4999})
    EXPECT_NO_THROW(client.close(static_cast<std::uint16_t>(code))) << code;
  EXPECT_THROW(client.close(1000, "\xFF"), std::invalid_argument);
  EXPECT_NO_THROW(client.close(1000, std::string(200, 'x'))) << "a long reason is cut";
}

TEST(Client, PlainClientHasNoRooms) {
  ClientOptions options;
  options.plain = true;
  Client client(kUrl, options);
  EXPECT_EQ(code_of(client.join("hall")), "not_supported");
  EXPECT_EQ(code_of(client.leave("hall")), "not_supported");
  EXPECT_EQ(code_of(client.refresh_token("a.b.c")), "not_supported");
}

TEST(Client, KnowsNothingBeforeItHasConnected) {
  const Client client(kUrl);
  EXPECT_EQ(client.state(), ClientState::closed);
  EXPECT_TRUE(client.presence("hall").is_null());
  EXPECT_TRUE(client.rooms().empty());
  EXPECT_EQ(client.position("hall"), std::nullopt);
}

// --- its end ---

TEST(Client, CloseFailsWhatWaits) {
  Client client(kUrl);
  Reply waits = client.send({{"n", 1}});
  client.close();
  EXPECT_EQ(code_of(std::move(waits)), "closed");
  EXPECT_EQ(code_of(client.send({{"n", 2}})), "closed");
}

TEST(Client, DestructorFailsWhatWaitsBeforeItReturns) {
  std::optional<Client> client(std::in_place, kUrl);
  Reply blocked = client->send({{"n", 1}});
  std::string code;
  client->send_binary({}).then({}, [&](const ClientError& error) { code = error.code(); });
  client.reset();
  EXPECT_EQ(code, "closed");
  EXPECT_EQ(code_of(std::move(blocked)), "closed");
}

TEST(Client, HandlersGoWithTheClient) {
  const auto owned = std::make_shared<int>(1);
  {
    Client client(kUrl);
    client.on_message([owned](const Json&) {});
    client.on_state([owned](const ClientStatus&) -> Task<> { co_return; });
    client.on_bye([owned](const ByeAdvice&) {});
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Client, OutlivesItsClientLoop) {
  std::optional<ClientLoop> loop(std::in_place);
  Client client(*loop, kUrl);
  loop.reset();
  client.close();
  EXPECT_EQ(code_of(client.send({{"n", 1}})), "closed");
}

}  // namespace
}  // namespace microframe
