// Application::log: the log in an application's hands.

#include <boost/json/parse.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "support/app_fixture.hpp"
#include "support/server_process.hpp"

namespace microframe {
namespace {

class LogQuiet : public ws::BaseWebSocket {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}
};

class LogSinkApp : public test::AppTest {
 protected:
  // The lines of those events: "disconnected cause=peer_closed .."
  std::vector<std::string> lines(std::string_view event) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const std::string& line : lines_) {
      if (line.find(event) != std::string::npos) found.push_back(line);
    }
    return found;
  }
  void take_log(LogLevel least) {
    app.log(
        [this](const LogRecord& record) {
          const std::lock_guard lock(mutex_);
          lines_.push_back(to_line(record));
        },
        least);
  }
  void TearDown() override {
    test::AppTest::TearDown();
    app.log(LogLevel::info);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST_F(LogSinkApp, HasALineForEachConnectionThatBeginsAndEnds) {
  take_log(LogLevel::debug);
  app.route<LogQuiet>("/ws", auth);
  start();
  {
    auto alice = client("alice");
  }
  eventually([&] { return !lines(" disconnected ").empty(); });
  ASSERT_EQ(lines(" connected ").size(), 1U);
  const std::string connected = lines(" connected ").front();
  EXPECT_NE(connected.find(" debug connected endpoint=/ws user=alice device="), std::string::npos);
  EXPECT_NE(connected.find(" session=no address=127.0.0.1:"), std::string::npos) << connected;
  const std::string disconnected = lines(" disconnected ").front();
  EXPECT_NE(disconnected.find(" cause=connection_lost code=1006"), std::string::npos)
      << disconnected;
}

TEST_F(LogSinkApp, HasNoneOfThemAtInfo) {
  take_log(LogLevel::info);
  const LogQuiet& quiet = app.route<LogQuiet>("/ws", auth);
  start();
  {
    auto alice = client("alice");
  }
  eventually([&] { return quiet.connection_count() == 0; });
  EXPECT_TRUE(lines("connected ").empty());
}

TEST(LogFormats, AServerLogsObjectsWhenItIsAskedTo) {
  test::ServerProcess server({"--listen", "127.0.0.1:0", "--log-format", "json"});
  EXPECT_NE(server.port(), 0);
  const std::string line = server.log("}\n");
  const Json first = boost::json::parse(line.substr(0, line.find('\n')));
  EXPECT_FALSE(first.at("event").as_string().empty());
  EXPECT_TRUE(first.as_object().contains("time"));
}

}  // namespace
}  // namespace microframe
