// What a handle asks of the device behind it.
#include "microframe/ws/websocket.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "net/loop.hpp"
#include "unit/net/loop_thread.hpp"
#include "unit/ws/loop_site.hpp"
#include "ws/device_port.hpp"

namespace microframe::ws {
namespace {

using Lines = test::Journal::Lines;

std::string content_of(const base::SharedBuffer& frame) {
  return std::string(base::as_text(frame.content()));
}

class FakeDevice final : public DevicePort {
 public:
  void retain() const override { ++handles; }
  void release() const override { --handles; }
  Endpoint& endpoint() const override { throw std::logic_error("no endpoint"); }
  hub::Member& member() override { throw std::logic_error("no member"); }
  std::uint64_t id() const override { return 7; }
  const std::string& user() const override { return user_; }
  std::string subprotocol() const override { return "chat"; }
  bool has_session() const override { return session; }
  std::vector<std::string> rooms() const override { return {"kitchen", "tea"}; }
  base::Ref<const Identity> identity() const override { return identity_; }
  detail::DataSlot& data() override { return data_; }
  bool is_open() const override { return is_open_; }
  bool resumed() const override { return true; }
  bool may_repeat() const override { return true; }
  std::chrono::microseconds rtt() const override { return std::chrono::microseconds(42); }
  std::size_t buffered() const override { return 1000; }
  bool send(const base::Frame& frame) override {
    sent = frame;
    return is_open_;
  }
  void reply(const Json& value) override { asked.push_back("reply " + to_text(value)); }
  void request_close(proto::CloseCode code, std::string_view reason) override {
    asked.push_back("close " + std::to_string(static_cast<unsigned>(code)) + " " +
                    std::string(reason));
  }
  bool refresh_token(std::string_view token) override { return token == "good"; }
  void when_drained(std::function<void(bool)> told) override { when_drained_(std::move(told)); }

  mutable int handles = 0;
  bool session = false;
  bool is_open_ = true;
  base::Frame sent;
  Lines asked;
  std::function<void(std::function<void(bool)>)> when_drained_;

 private:
  static base::Ref<const Identity> make_identity() {
    authx::Claims claims;
    claims.expires = authx::Time(std::chrono::seconds(2'000'000'000));
    claims.all = {{"sub", "alice"}, {"exp", 2'000'000'000}, {"role", "admin"}};
    return base::Ref<const Identity>(new Identity(claims, test::peer("192.0.2.1", 99), "CN=x"));
  }
  detail::DataSlot data_;
  const std::string user_ = "alice";
  const base::Ref<const Identity> identity_ = make_identity();
};

TEST(WebSocketHandle, CopiesHoldTheDevice) {
  FakeDevice device;
  FakeDevice other;
  {
    WebSocket first(device);
    const WebSocket second = first;  // NOLINT(performance-unnecessary-copy-initialization)
    EXPECT_EQ(device.handles, 2);
    EXPECT_EQ(first, second);
    WebSocket third(other);
    EXPECT_NE(first, third);
    third = first;
    EXPECT_EQ(first, third);
    EXPECT_EQ(device.handles, 3);
    EXPECT_EQ(other.handles, 0);
  }
  EXPECT_EQ(device.handles, 0);
}

TEST(WebSocketHandle, SendsInTheFormThatTheClientReads) {
  FakeDevice device;
  WebSocket socket(device);
  EXPECT_TRUE(socket.send(Json{{"a", 1}}));
  EXPECT_EQ(content_of(device.sent.plain()), R"({"a":1})");
  EXPECT_FALSE(device.sent.enveloped());
  device.session = true;
  EXPECT_TRUE(socket.send_text("hi"));
  EXPECT_FALSE(device.sent.plain());
  EXPECT_EQ(content_of(device.sent.enveloped()), R"({"t":"message","data":"hi"})");
  device.is_open_ = false;
  EXPECT_FALSE(socket.send_binary({}));
}

TEST(WebSocketHandle, CodesThatMayNotBeSentAreRefusedWithAdvice) {
  FakeDevice device;
  WebSocket socket(device);
  constexpr std::uint16_t codes[] = {0, 999, 1004, 1005, 1006, 1015, 2999, 5000};
  for (const std::uint16_t code : codes) {
    EXPECT_THROW(socket.close(code), std::invalid_argument) << code;
  }
  EXPECT_EQ(device.asked, Lines{});
  socket.close();
  socket.close(4999, "why");
  EXPECT_EQ(device.asked, (Lines{"close 1000 ", "close 4999 why"}));
}

TEST(WebSocketHandle, PassesOnWhatTheDeviceKnows) {
  FakeDevice device;
  WebSocket socket(device);
  EXPECT_EQ(socket.id(), 7U);
  EXPECT_EQ(socket.user(), "alice");
  EXPECT_EQ(socket.subprotocol(), "chat");
  EXPECT_TRUE(socket.is_open());
  EXPECT_TRUE(socket.resumed());
  EXPECT_TRUE(socket.may_repeat());
  EXPECT_EQ(socket.rtt(), std::chrono::microseconds(42));
  EXPECT_EQ(socket.buffered(), 1000U);
  EXPECT_TRUE(socket.refresh_token("good"));
  EXPECT_FALSE(socket.refresh_token("bad"));
  socket.reply(Json(1));
  EXPECT_EQ(device.asked, Lines{"reply 1"});
  EXPECT_EQ(socket.claims(), (Json{{"role", "admin"}})) << "without the registered ones";
  EXPECT_EQ(socket.expires(), authx::Time(std::chrono::seconds(2'000'000'000)));
  EXPECT_EQ(socket.remote_address(), "192.0.2.1:99");
  EXPECT_EQ(socket.client_certificate(), "CN=x");
}

TEST(WebSocketHandle, DrainedBlocksAThreadWithoutALoop) {
  FakeDevice device;
  WebSocket socket(device);
  for (const bool drained : {true, false}) {
    device.when_drained_ = [&](const std::function<void(bool)>& told) { told(drained); };
    EXPECT_EQ(sync_wait(socket.drained()), drained);
  }
}

// Notes what drained() gives, unless it is destroyed before.
Task<> await_drained(WebSocket socket, test::Journal& journal) {
  Task<bool> wait = socket.drained();  // named: g++ 12 miscompiles some temporaries here
  const bool drained = co_await wait;
  journal.note(drained ? "drained" : "closed");
}

TEST(WebSocketHandle, DrainedResumesOnTheLoopWhereItIsAwaited) {
  FakeDevice device;
  test::Journal journal;
  std::function<void(bool)> tell;
  device.when_drained_ = [&](std::function<void(bool)> told) { tell = std::move(told); };
  net::LoopThread thread;
  Task<> task;
  thread.on_loop([&] {
    task = await_drained(WebSocket(device), journal);
    task.start([](void*) {}, nullptr);
  });
  EXPECT_EQ(journal.lines(), Lines{});
  tell(true);  // from another thread than the loop's
  EXPECT_TRUE(journal.wait_for("drained"));
  thread.on_loop([&] { task = {}; });
}

TEST(WebSocketHandle, DrainedMayBeDestroyedWhileItWaits) {
  FakeDevice device;
  test::Journal journal;
  std::function<void(bool)> tell;
  device.when_drained_ = [&](std::function<void(bool)> told) { tell = std::move(told); };
  net::LoopThread thread;
  thread.on_loop([&] {
    Task<> task = await_drained(WebSocket(device), journal);
    task.start([](void*) {}, nullptr);
    EXPECT_GT(device.handles, 0);
  });
  EXPECT_EQ(device.handles, 0);
  tell(false);
  thread.on_loop([] {});
  EXPECT_EQ(journal.lines(), Lines{});
}

}  // namespace
}  // namespace microframe::ws
