// Who lives on a loop: who is counted and visited, who waits for the last to leave, and what
// becomes of a resident that runs out of memory.
#include "ws/roster.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "support/counted_heap.hpp"
#include "unit/ws/stepped_loop.hpp"

namespace microframe::ws {
namespace {

using Kind = Resident::Kind;
using Names = std::vector<std::string>;

class RosterTest : public testing::Test {
 protected:
  class Guest final : public Resident {
   public:
    Guest(RosterTest& test, Kind kind, std::string name)
        : Resident(kind), test_(test), name_(std::move(name)) {}
    ~Guest() override { test_.roster.leave(*this); }

    void drop() override {
      test_.note("drop " + name_);
      if (lacks_memory > 0) {
        --lacks_memory;
        throw std::bad_alloc();
      }
      test_.roster.leave(*this);
    }
    const std::string& name() const { return name_; }

    int lacks_memory = 0;  // how many times drop() runs out of memory

   private:
    void let_go() override { test_.note(name_ + " let go"); }

    RosterTest& test_;
    const std::string name_;
  };

  void note(std::string line) { log.push_back(std::move(line)); }
  Names taken() { return std::exchange(log, {}); }
  Names visited(Kind kind) {
    Names names;
    roster.visit(kind, [&](Resident& one) {
      names.push_back(static_cast<Guest&>(one).name());
      return true;
    });
    return names;
  }
  void run_out_of_memory(Guest& guest) {
    EXPECT_FALSE(roster.run(guest, [] { throw std::bad_alloc(); }));
  }

  Names log;
  SteppedLoop stepped;
  Roster roster{stepped.loop};
};

// The heap gives nothing while it lives.
class NoMemory {
 public:
  NoMemory() {
    test::heap_refuses = [] { return true; };
  }
  ~NoMemory() { test::heap_refuses = nullptr; }
  NoMemory(const NoMemory&) = delete;
  NoMemory& operator=(const NoMemory&) = delete;
};

// --- counts and visits

TEST_F(RosterTest, ResidentsAreCountedByTheirKind) {
  Guest a(*this, Kind::http, "a");
  Guest b(*this, Kind::device, "b");
  Guest c(*this, Kind::device, "c");
  for (Guest* guest : {&a, &b, &c}) roster.enter(*guest);
  EXPECT_EQ(roster.count(Kind::proxy), 0U);
  EXPECT_EQ(roster.count(Kind::http), 1U);
  EXPECT_EQ(roster.count(Kind::device), 2U);
  roster.leave(b);
  EXPECT_EQ(roster.count(Kind::device), 1U);
  EXPECT_EQ(taken(), Names{"b let go"});
}

TEST_F(RosterTest, ResidentThatHasLeftIsLetGoOnlyOnce) {
  Guest a(*this, Kind::device, "a");
  roster.leave(a);
  EXPECT_EQ(taken(), Names{}) << "it has not entered yet";
  roster.enter(a);
  roster.leave(a);
  roster.leave(a);
  EXPECT_EQ(taken(), Names{"a let go"});
  roster.enter(a);
  EXPECT_EQ(roster.count(Kind::device), 1U);
}

TEST_F(RosterTest, LastToComeIsVisitedFirst) {
  Guest a(*this, Kind::device, "a");
  Guest http(*this, Kind::http, "http");
  Guest b(*this, Kind::device, "b");
  Guest c(*this, Kind::device, "c");
  for (Guest* guest : {&a, &http, &b, &c}) roster.enter(*guest);
  EXPECT_EQ(visited(Kind::device), (Names{"c", "b", "a"}));
  EXPECT_EQ(visited(Kind::http), Names{"http"});
  EXPECT_EQ(visited(Kind::proxy), Names{});
}

TEST_F(RosterTest, ResidentsThatLeaveFromTheMiddleLeaveTheOthersInOrder) {
  Guest a(*this, Kind::device, "a");
  Guest b(*this, Kind::device, "b");
  Guest c(*this, Kind::device, "c");
  Guest d(*this, Kind::device, "d");
  for (Guest* guest : {&a, &b, &c, &d}) roster.enter(*guest);
  roster.leave(b);
  EXPECT_EQ(visited(Kind::device), (Names{"d", "c", "a"}));
  roster.leave(d);
  EXPECT_EQ(visited(Kind::device), (Names{"c", "a"}));
  roster.leave(a);
  EXPECT_EQ(visited(Kind::device), Names{"c"});
  roster.enter(d);
  EXPECT_EQ(visited(Kind::device), (Names{"d", "c"}));
}

TEST_F(RosterTest, VisitEndsWhereTheVisitorSaysSo) {
  Guest a(*this, Kind::device, "a");
  Guest b(*this, Kind::device, "b");
  Guest c(*this, Kind::device, "c");
  for (Guest* guest : {&a, &b, &c}) roster.enter(*guest);
  Names names;
  roster.visit(Kind::device, [&](Resident& one) {
    names.push_back(static_cast<Guest&>(one).name());
    return names.size() < 2;
  });
  EXPECT_EQ(names, (Names{"c", "b"}));
}

TEST_F(RosterTest, ResidentsMayLeaveWhileTheyAreVisited) {
  Guest a(*this, Kind::device, "a");
  Guest b(*this, Kind::device, "b");
  Guest c(*this, Kind::device, "c");
  Guest d(*this, Kind::device, "d");
  for (Guest* guest : {&a, &b, &c, &d}) roster.enter(*guest);
  Names names;
  roster.visit(Kind::device, [&](Resident& one) {
    names.push_back(static_cast<Guest&>(one).name());
    if (&one == &d) {
      roster.leave(d);  // itself
      roster.leave(c);  // the next
    }
    return true;
  });
  EXPECT_EQ(names, (Names{"d", "b", "a"}));
  EXPECT_EQ(roster.count(Kind::device), 2U);
}

TEST_F(RosterTest, AllMayLeaveAtTheFirstVisit) {
  Guest a(*this, Kind::device, "a");
  Guest b(*this, Kind::device, "b");
  for (Guest* guest : {&a, &b}) roster.enter(*guest);
  int visits = 0;
  roster.visit(Kind::device, [&](Resident&) {
    ++visits;
    roster.leave(a);
    roster.leave(b);
    return true;
  });
  EXPECT_EQ(visits, 1);
  EXPECT_EQ(roster.count(Kind::device), 0U);
}

TEST_F(RosterTest, ResidentThatEntersDuringAVisitIsNotVisited) {
  Guest a(*this, Kind::device, "a");
  Guest late(*this, Kind::device, "late");
  roster.enter(a);
  Names names;
  roster.visit(Kind::device, [&](Resident& one) {
    names.push_back(static_cast<Guest&>(one).name());
    roster.enter(late);
    return true;
  });
  EXPECT_EQ(names, Names{"a"});
  EXPECT_EQ(visited(Kind::device), (Names{"late", "a"}));
}

TEST(Roster, LetsGoOfWhoeverIsLeftAtItsEnd) {
  struct Guest final : Resident {
    explicit Guest(int& gone) : Resident(Kind::device), let_go_(gone) {}
    void drop() override {}
    void let_go() override { ++let_go_; }
    int& let_go_;
  };
  int gone = 0;
  Guest a(gone);
  Guest b(gone);
  net::Loop loop;
  {
    Roster roster(loop);
    roster.enter(a);
    roster.enter(b);
    EXPECT_EQ(gone, 0);
  }
  EXPECT_EQ(gone, 2);
}

// --- the last to leave

TEST_F(RosterTest, LastToLeaveIsToldOfByAPost) {
  Guest http(*this, Kind::http, "http");
  Guest device(*this, Kind::device, "device");
  roster.enter(http);
  roster.enter(device);
  EXPECT_FALSE(roster.is_closing());
  stepped.run({[&] {
                 roster.when_empty([this] { note("empty"); });
                 EXPECT_TRUE(roster.is_closing());
               },
               [&] { roster.leave(http); }, [&] { EXPECT_EQ(taken(), Names{"http let go"}); },
               [&] {
                 roster.leave(device);
                 EXPECT_EQ(taken(), Names{"device let go"}) << "who has left may be on the stack";
               },
               [&] { EXPECT_EQ(taken(), Names{"empty"}); }});
  EXPECT_EQ(taken(), Names{}) << "told once";
}

TEST_F(RosterTest, ProxyConnectionsAreNotWaitedFor) {
  Guest proxy(*this, Kind::proxy, "proxy");
  roster.enter(proxy);
  stepped.run({[&] {
                 roster.when_empty([this] { note("empty"); });
                 EXPECT_EQ(taken(), Names{}) << "not from within the call";
               },
               [&] { EXPECT_EQ(taken(), Names{"empty"}); }});
}

TEST_F(RosterTest, WithoutMemoryTheLastToLeaveIsToldOfLater) {
  if (!test::kHeapCanRefuse) GTEST_SKIP() << "this sanitizer's heap cannot refuse";
  Guest device(*this, Kind::device, "device");
  roster.enter(device);
  stepped.run({[&] { roster.when_empty([this] { note("empty"); }); },
               [&] {
                 log.reserve(4);
                 const NoMemory none;
                 roster.leave(device);
               },
               [&] { EXPECT_EQ(taken(), Names{"device let go"}); }, [&] { stepped.pass(200); },
               [&] { EXPECT_EQ(taken(), Names{"empty"}); }});
}

// --- out of memory

TEST_F(RosterTest, ActionThatHasMemoryRunsToItsEnd) {
  Guest a(*this, Kind::device, "a");
  roster.enter(a);
  EXPECT_TRUE(roster.run(a, [this] { note("done"); }));
  EXPECT_FALSE(Roster::is_condemned(a));
  EXPECT_EQ(taken(), Names{"done"});
}

TEST_F(RosterTest, ResidentWithoutMemoryDoesNothingAnyMore) {
  Guest a(*this, Kind::device, "a");
  roster.enter(a);
  run_out_of_memory(a);
  EXPECT_TRUE(Roster::is_condemned(a));
  EXPECT_FALSE(roster.run(a, [this] { note("never"); }));
  EXPECT_EQ(taken(), Names{});
  EXPECT_EQ(roster.count(Kind::device), 1U) << "it is still there";
}

TEST_F(RosterTest, CondemnedResidentsAreDroppedFromTheLoopsOwnStack) {
  Guest proxy(*this, Kind::proxy, "proxy");
  Guest device(*this, Kind::device, "device");
  Guest http(*this, Kind::http, "http");
  Guest healthy(*this, Kind::device, "healthy");
  for (Guest* guest : {&proxy, &device, &http, &healthy}) roster.enter(*guest);
  stepped.run({[&] {
                 for (Guest* guest : {&proxy, &device, &http}) run_out_of_memory(*guest);
                 roster.condemn(device);
                 EXPECT_EQ(taken(), Names{}) << "its own calls may be on the stack";
               },
               [&] {
                 EXPECT_EQ(taken(), (Names{"drop http", "http let go", "drop device",
                                           "device let go", "drop proxy", "proxy let go"}));
               }});
  EXPECT_EQ(roster.count(Kind::device), 1U);
  EXPECT_FALSE(Roster::is_condemned(healthy));
}

TEST_F(RosterTest, CondemnedResidentThatLeavesByItselfIsNotDropped) {
  Guest a(*this, Kind::device, "a");
  roster.enter(a);
  stepped.run({[&] {
                 run_out_of_memory(a);
                 roster.leave(a);
                 EXPECT_FALSE(Roster::is_condemned(a));
               },
               [&] { EXPECT_EQ(taken(), Names{"a let go"}); }});
}

TEST_F(RosterTest, ResidentThatHasLeftCannotBeCondemned) {
  Guest a(*this, Kind::device, "a");
  roster.condemn(a);
  EXPECT_FALSE(Roster::is_condemned(a));
}

TEST_F(RosterTest, ResidentThatLacksMemoryForItsEndIsDroppedAgainLater) {
  Guest a(*this, Kind::device, "a");
  Guest b(*this, Kind::device, "b");
  roster.enter(a);
  roster.enter(b);
  b.lacks_memory = 2;
  stepped.run({[&] {
                 run_out_of_memory(a);
                 run_out_of_memory(b);
               },
               [&] { EXPECT_EQ(taken(), (Names{"drop b", "drop a", "a let go"})); },
               [&] { stepped.pass(200); }, [&] { EXPECT_EQ(taken(), Names{"drop b"}); },
               [&] { stepped.pass(400); },
               [&] { EXPECT_EQ(taken(), (Names{"drop b", "b let go"})); }});
}

TEST_F(RosterTest, WithoutMemoryForAPostTheCondemnedAreDroppedLater) {
  if (!test::kHeapCanRefuse) GTEST_SKIP() << "this sanitizer's heap cannot refuse";
  Guest a(*this, Kind::device, "a");
  roster.enter(a);
  stepped.run({[&] {
                 const NoMemory none;
                 roster.condemn(a);
               },
               [&] { EXPECT_EQ(taken(), Names{}); }, [&] { stepped.pass(200); },
               [&] { EXPECT_EQ(taken(), (Names{"drop a", "a let go"})); }});
}

TEST_F(RosterTest, SecondCondemnedResidentIsDroppedByAPostOfItsOwn) {
  Guest a(*this, Kind::device, "a");
  Guest b(*this, Kind::device, "b");
  roster.enter(a);
  roster.enter(b);
  stepped.run(
      {[&] { run_out_of_memory(a); }, [&] { EXPECT_EQ(taken(), (Names{"drop a", "a let go"})); },
       [&] { run_out_of_memory(b); }, [&] { EXPECT_EQ(taken(), (Names{"drop b", "b let go"})); }});
}

}  // namespace
}  // namespace microframe::ws
