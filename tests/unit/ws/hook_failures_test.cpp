// What hooks throw: what the peer is to blame for is answered, and everything else is a failure of
// the hook. Neither keeps what waits from its turn.
#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/object.hpp>
#include <boost/system/system_error.hpp>
#include <new>
#include <stdexcept>
#include <vector>

#include "unit/ws/hook_rig.hpp"

namespace microframe::ws {
namespace {

struct Failure {
  const char* name;
  void (*thrown)();
  // As the events are told, of a hook that the peer's message has called.
  const char* of_message;
  // Of any other hook.
  const char* of_others;
};

void read_a_member_that_is_missing() {
  const Json message = boost::json::object();
  (void)message.at("missing");
}
void read_a_member_of_another_type() {
  const Json message = 1;
  (void)message.as_string();
}

constexpr Failure kFailures[] = {
    {"BadMessage", [] { throw BadMessage("not this"); }, "bad message bad_message: not this",
     "failed %: not this"},
    {"a member that is missing", read_a_member_that_is_missing,
     "bad message bad_message: a member or an element is missing", "failed %: "},
    {"a member of another type", read_a_member_of_another_type,
     "bad message bad_message: not a string", "failed %: "},
    {"a member of a list", [] { (void)Json(boost::json::array()).at(3); },
     "bad message bad_message: a member or an element is missing", "failed %: "},
    {"a member that is missing, as later versions of Boost say it",
     [] { throw boost::system::system_error(make_error_code(boost::json::error::not_found)); },
     "bad message bad_message: a member or an element is missing", "failed %: "},
    {"a number that does not fit, as later versions of Boost say it",
     [] { throw boost::system::system_error(make_error_code(boost::json::error::not_exact)); },
     "bad message bad_message: not exact", "failed %: "},
    {"the application's own list", [] { (void)std::vector<int>().at(3); },
     "failed %: ", "failed %: "},
    {"std::invalid_argument", [] { throw std::invalid_argument("not a string"); },
     "failed %: not a string", "failed %: not a string"},
    {"an error of the system",
     [] {
       throw boost::system::system_error(
           make_error_code(boost::system::errc::no_such_file_or_directory), "opening");
     },
     "failed %: opening: ", "failed %: opening: "},
    {"std::runtime_error", [] { throw std::runtime_error("no database"); }, "failed %: no database",
     "failed %: no database"},
    {"std::bad_alloc", [] { throw std::bad_alloc(); }, "failed %: std::bad_alloc",
     "failed %: std::bad_alloc"},
    {"no std::exception", [] { throw 5; }, "failed %: an exception that is no std::exception",
     "failed %: an exception that is no std::exception"},
};

// line: where % stands for the hook's name.
std::string named(std::string line, std::string_view hook) {
  const auto at = line.find('%');
  return at == std::string::npos ? line : line.replace(at, 1, hook);
}

class HookFailures : public HookRig {
 protected:
  // Whether the last but `behind` of what was noted begins so.
  void expect_told(std::string_view begin, std::size_t behind, const char* of) {
    ASSERT_GT(log.size(), behind) << of;
    const std::string& line = log[log.size() - 1 - behind];
    EXPECT_TRUE(line.starts_with(begin)) << of << ": " << line;
  }
};

TEST_F(HookFailures, MessageHookThatThrowsIsToldOnceAndTheNextMessageRuns) {
  hooks.on_json = json_now;
  connect();
  for (const Failure& failure : kFailures) {
    hook_does = failure.thrown;
    taken();
    text("1");
    EXPECT_EQ(log.size(), 2U) << failure.name;
    expect_told(named(failure.of_message, "on_message"), 0, failure.name);
    hook_does = {};
    text("2");
    EXPECT_EQ(log.back(), "json 2") << failure.name;
  }
}

TEST_F(HookFailures, MessageHookThatThrowsAfterItHasWaitedIsToldInTheSameWay) {
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  connect();
  for (const Failure& failure : kFailures) {
    hook_does = failure.thrown;
    text("1");
    taken();
    gate.open();
    EXPECT_EQ(log.size(), 3U) << failure.name;
    expect_told(named(failure.of_message, "on_message"), 1, failure.name);
    EXPECT_EQ(log.back(), "idle") << failure.name;
  }
}

TEST_F(HookFailures, BinaryHookThatThrowsIsToldByItsName) {
  hooks.on_json = json_now;
  hooks.on_binary = binary_now;
  connect();
  for (const Failure& failure : kFailures) {
    hook_does = failure.thrown;
    binary("b");
    expect_told(named(failure.of_message, "on_binary"), 0, failure.name);
  }
}

TEST_F(HookFailures, OnConnectIsNoFaultOfThePeers) {
  hooks.on_connect = connect_now;
  for (const Failure& failure : kFailures) {
    hook_does = failure.thrown;
    connect();
    expect_told(named(failure.of_others, "on_connect"), 0, failure.name);
    close();
  }
}

TEST_F(HookFailures, OnDisconnectThatThrowsDoesNotKeepTheConnection) {
  hooks.on_disconnect = disconnect_now;
  for (const Failure& failure : kFailures) {
    hook_does = failure.thrown;
    connect();
    close();
    expect_told(named(failure.of_others, "on_disconnect"), 2, failure.name);
    EXPECT_EQ(log.back(), "hooks ended") << failure.name;
    EXPECT_TRUE(runner.is_free()) << failure.name;
  }
}

TEST_F(HookFailures, RoomHookThatThrowsIsToldByItsName) {
  connect();
  for (const Failure& failure : kFailures) {
    hook_does = failure.thrown;
    runner.note_room_change({room_now, "on_leave"}, "r");
    runner.go_on();
    expect_told(named(failure.of_others, "on_leave"), 1, failure.name);
  }
}

TEST_F(HookFailures, WaitingHookThatThrowsLetsThoseBehindItRun) {
  hooks.on_connect = connect_waits;
  hooks.on_json = json_now;
  connect();
  text("1");
  text("2");
  taken();
  hook_does = [this] {
    hook_does = {};
    throw std::runtime_error("no database");
  };
  gate.open();
  EXPECT_EQ(taken(),
            (Log{"connect ends", "failed on_connect: no database", "json 1", "json 2", "idle"}));
}

TEST_F(HookFailures, NoHookIsShownAfterOneThatThrew) {
  hooks.on_json = json_now;
  hook_does = [] { throw std::runtime_error("no database"); };
  connect();
  text("1");
  EXPECT_EQ(scheduler.activity().read().activity.hook, nullptr);
}

TEST_F(HookFailures, CoroutineWhoseEndRunsOutOfMemoryIsStuckUntilItIsAbandoned) {
  hooks.on_json = json_waits;
  hooks.message_waits = true;
  connect();
  text("1");
  taken();
  memory_is_out = true;
  gate.open();
  EXPECT_EQ(taken(), (Log{"json ends 1", "idle", "stuck"}));
  memory_is_out = false;
  close();
  runner.abandon();
  EXPECT_EQ(taken(), (Log{"last hook", "hooks ended"}));
}

}  // namespace
}  // namespace microframe::ws
