// Life's table, pair by pair, and the courses that devices take through the table.
#include "ws/life.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace microframe::ws {
namespace {

using State = Life::State;
using Event = Life::Event;
using Action = Life::Action;

struct Pair {
  State state;
  Event event;
  State next;
  Action action;
};

// All pairs, written out a second time: a cell that changes in the code must be changed here too.
constexpr Pair kPairs[] = {
    {State::opening, Event::begin, State::open, Action::begin},
    {State::opening, Event::end, State::closing, Action::leave},
    {State::opening, Event::suspend, State::opening, Action::refuse},
    {State::opening, Event::resume, State::opening, Action::refuse},
    {State::opening, Event::expire, State::opening, Action::refuse},
    {State::opening, Event::hooks_free, State::opening, Action::refuse},
    {State::opening, Event::stream_over, State::opening, Action::refuse},
    {State::opening, Event::hooks_over, State::opening, Action::refuse},
    {State::opening, Event::land, State::resuming, Action::hold},
    {State::opening, Event::move, State::opening, Action::refuse},

    {State::open, Event::begin, State::open, Action::refuse},
    {State::open, Event::end, State::closing, Action::leave},
    {State::open, Event::suspend, State::suspended, Action::wait},
    {State::open, Event::resume, State::open, Action::refuse},
    {State::open, Event::expire, State::open, Action::refuse},
    {State::open, Event::hooks_free, State::open, Action::none},
    {State::open, Event::stream_over, State::open, Action::refuse},
    {State::open, Event::hooks_over, State::open, Action::refuse},
    {State::open, Event::land, State::open, Action::refuse},
    {State::open, Event::move, State::open, Action::refuse},

    {State::closing, Event::begin, State::closing, Action::refuse},
    {State::closing, Event::end, State::closing, Action::none},
    {State::closing, Event::suspend, State::closing, Action::none},
    {State::closing, Event::resume, State::closing, Action::refuse},
    {State::closing, Event::expire, State::closing, Action::none},
    {State::closing, Event::hooks_free, State::closing, Action::none},
    {State::closing, Event::stream_over, State::ending, Action::none},
    {State::closing, Event::hooks_over, State::lingering, Action::none},
    {State::closing, Event::land, State::closing, Action::refuse},
    {State::closing, Event::move, State::closing, Action::none},

    {State::ending, Event::begin, State::ending, Action::refuse},
    {State::ending, Event::end, State::ending, Action::none},
    {State::ending, Event::suspend, State::ending, Action::none},
    {State::ending, Event::resume, State::ending, Action::refuse},
    {State::ending, Event::expire, State::ending, Action::none},
    {State::ending, Event::hooks_free, State::ending, Action::none},
    {State::ending, Event::stream_over, State::ending, Action::none},
    {State::ending, Event::hooks_over, State::gone, Action::forget},
    {State::ending, Event::land, State::ending, Action::refuse},
    {State::ending, Event::move, State::ending, Action::none},

    {State::lingering, Event::begin, State::lingering, Action::refuse},
    {State::lingering, Event::end, State::lingering, Action::none},
    {State::lingering, Event::suspend, State::lingering, Action::none},
    {State::lingering, Event::resume, State::lingering, Action::refuse},
    {State::lingering, Event::expire, State::lingering, Action::none},
    {State::lingering, Event::hooks_free, State::lingering, Action::none},
    {State::lingering, Event::stream_over, State::gone, Action::forget},
    {State::lingering, Event::hooks_over, State::lingering, Action::none},
    {State::lingering, Event::land, State::lingering, Action::refuse},
    {State::lingering, Event::move, State::lingering, Action::none},

    {State::suspended, Event::begin, State::suspended, Action::refuse},
    {State::suspended, Event::end, State::suspended, Action::none},
    {State::suspended, Event::suspend, State::suspended, Action::none},
    {State::suspended, Event::resume, State::resuming, Action::hold},
    {State::suspended, Event::expire, State::expiring, Action::none},
    {State::suspended, Event::hooks_free, State::suspended, Action::none},
    {State::suspended, Event::stream_over, State::suspended, Action::none},
    {State::suspended, Event::hooks_over, State::suspended, Action::refuse},
    {State::suspended, Event::land, State::suspended, Action::refuse},
    {State::suspended, Event::move, State::gone, Action::forget},

    {State::resuming, Event::begin, State::resuming, Action::refuse},
    {State::resuming, Event::end, State::resuming, Action::none},
    {State::resuming, Event::suspend, State::resuming, Action::none},
    {State::resuming, Event::resume, State::resuming, Action::hold},
    {State::resuming, Event::expire, State::expiring, Action::none},
    {State::resuming, Event::hooks_free, State::open, Action::go_on},
    {State::resuming, Event::stream_over, State::resuming, Action::none},
    {State::resuming, Event::hooks_over, State::resuming, Action::refuse},
    {State::resuming, Event::land, State::resuming, Action::refuse},
    {State::resuming, Event::move, State::gone, Action::forget},

    {State::expiring, Event::begin, State::expiring, Action::refuse},
    {State::expiring, Event::end, State::expiring, Action::none},
    {State::expiring, Event::suspend, State::expiring, Action::none},
    {State::expiring, Event::resume, State::expiring, Action::refuse},
    {State::expiring, Event::expire, State::expiring, Action::none},
    {State::expiring, Event::hooks_free, State::ending, Action::wind_up},
    {State::expiring, Event::stream_over, State::expiring, Action::none},
    {State::expiring, Event::hooks_over, State::expiring, Action::refuse},
    {State::expiring, Event::land, State::expiring, Action::refuse},
    {State::expiring, Event::move, State::expiring, Action::none},

    {State::gone, Event::begin, State::gone, Action::refuse},
    {State::gone, Event::end, State::gone, Action::none},
    {State::gone, Event::suspend, State::gone, Action::none},
    {State::gone, Event::resume, State::gone, Action::refuse},
    {State::gone, Event::expire, State::gone, Action::none},
    {State::gone, Event::hooks_free, State::gone, Action::none},
    {State::gone, Event::stream_over, State::gone, Action::none},
    {State::gone, Event::hooks_over, State::gone, Action::none},
    {State::gone, Event::land, State::gone, Action::refuse},
    {State::gone, Event::move, State::gone, Action::none},
};

// The shortest course from the beginning to a state.
std::vector<Event> course_to(State state) {
  switch (state) {
    case State::opening:
      return {};
    case State::open:
      return {Event::begin};
    case State::closing:
      return {Event::begin, Event::end};
    case State::ending:
      return {Event::begin, Event::end, Event::stream_over};
    case State::lingering:
      return {Event::begin, Event::end, Event::hooks_over};
    case State::suspended:
      return {Event::begin, Event::suspend};
    case State::resuming:
      return {Event::begin, Event::suspend, Event::resume};
    case State::expiring:
      return {Event::begin, Event::suspend, Event::expire};
    case State::gone:
      return {Event::begin, Event::end, Event::stream_over, Event::hooks_over};
  }
  return {};
}

void lead(Life& life, State state) {
  for (const Event event : course_to(state)) life.on(event);
  ASSERT_EQ(life.state(), state) << to_string(state);
}

struct Stage {
  Event event;
  Action action;
  State state;
};

// Feeds the events one after the other, and expects what the course says of each.
void follow(Life& life, std::initializer_list<Stage> course) {
  for (const Stage& stage : course) {
    EXPECT_EQ(life.on(stage.event), stage.action) << to_string(stage.event);
    EXPECT_EQ(life.state(), stage.state) << to_string(stage.event);
  }
}

constexpr State kAllStates[] = {State::opening,  State::open,      State::closing,
                                State::ending,   State::lingering, State::suspended,
                                State::resuming, State::expiring,  State::gone};

TEST(Life, TableOfTheTestNamesEachPairOnce) {
  std::set<std::pair<State, Event>> named;
  for (const Pair& pair : kPairs) named.emplace(pair.state, pair.event);
  EXPECT_EQ(std::size(kPairs), Life::kStates * Life::kEvents);
  EXPECT_EQ(named.size(), Life::kStates * Life::kEvents);
}

TEST(Life, EachPairDoesWhatItsTableSays) {
  for (const Pair& pair : kPairs) {
    const Life::Step step = Life::step(pair.state, pair.event);
    EXPECT_EQ(step.next, pair.next) << refusal(pair.state, pair.event);
    EXPECT_EQ(step.action, pair.action) << refusal(pair.state, pair.event);
  }
}

TEST(Life, EventInEachStateTakesTheStepOfTheTable) {
  for (const Pair& pair : kPairs) {
    Life life;
    lead(life, pair.state);
    EXPECT_EQ(life.on(pair.event), pair.action) << refusal(pair.state, pair.event);
    EXPECT_EQ(life.state(), pair.next) << refusal(pair.state, pair.event);
  }
}

TEST(Life, RefusedEventChangesNothing) {
  for (const Pair& pair : kPairs) {
    if (pair.action != Action::refuse) continue;
    EXPECT_EQ(pair.next, pair.state) << refusal(pair.state, pair.event);
    EXPECT_EQ(Life::step(pair.state, pair.event).next, pair.state);
  }
}

TEST(Life, RefusedPairIsNamedByItsEventAndItsState) {
  EXPECT_EQ(refusal(State::open, Event::hooks_over), "hooks_over in open");
  EXPECT_EQ(refusal(State::gone, Event::begin), "begin in gone");
  std::set<std::string> names;
  for (const Pair& pair : kPairs) names.insert(refusal(pair.state, pair.event));
  EXPECT_EQ(names.size(), std::size(kPairs)) << "no two pairs have one name";
}

TEST(Life, StatesAndEventsHaveTheNamesOfTheLog) {
  constexpr std::pair<State, std::string_view> states[] = {{State::opening, "opening"},
                                                           {State::open, "open"},
                                                           {State::closing, "closing"},
                                                           {State::ending, "ending"},
                                                           {State::lingering, "lingering"},
                                                           {State::suspended, "suspended"},
                                                           {State::resuming, "resuming"},
                                                           {State::expiring, "expiring"},
                                                           {State::gone, "gone"}};
  constexpr std::pair<Event, std::string_view> events[] = {{Event::begin, "begin"},
                                                           {Event::end, "end"},
                                                           {Event::suspend, "suspend"},
                                                           {Event::resume, "resume"},
                                                           {Event::expire, "expire"},
                                                           {Event::hooks_free, "hooks_free"},
                                                           {Event::stream_over, "stream_over"},
                                                           {Event::hooks_over, "hooks_over"},
                                                           {Event::land, "land"},
                                                           {Event::move, "move"}};
  for (const auto& [state, name] : states) EXPECT_EQ(to_string(state), name);
  for (const auto& [event, name] : events) EXPECT_EQ(to_string(event), name);
}

TEST(Life, StatesDifferInWhoIsDeliveredToAndWhoMayComeBack) {
  const std::set<State> accept = {State::open, State::suspended, State::resuming, State::expiring};
  const std::set<State> wait = {State::suspended, State::resuming, State::expiring};
  const std::set<State> over = {State::closing, State::ending, State::lingering, State::gone};
  for (const State state : kAllStates) {
    Life life;
    lead(life, state);
    EXPECT_EQ(life.accepts(), accept.contains(state)) << to_string(state);
    EXPECT_EQ(life.is_open(), state == State::open) << to_string(state);
    EXPECT_EQ(life.may_come_back(), wait.contains(state)) << to_string(state);
    EXPECT_EQ(life.has_ended(), over.contains(state)) << to_string(state);
  }
}

// --- courses ---

TEST(Life, PlainClientThatClosesIsForgottenAfterItsHooks) {
  Life life;
  follow(life, {{Event::begin, Action::begin, State::open},
                {Event::end, Action::leave, State::closing},
                {Event::stream_over, Action::none, State::ending},
                {Event::hooks_over, Action::forget, State::gone}});
}

TEST(Life, ClientWhoseCloseComesLateIsForgottenAfterItsStream) {
  Life life;
  follow(life, {{Event::begin, Action::begin, State::open},
                {Event::end, Action::leave, State::closing},
                {Event::hooks_over, Action::none, State::lingering},
                {Event::stream_over, Action::forget, State::gone}});
}

TEST(Life, ClientThatIsLostBeforeItsHooksBeginIsForgottenToo) {
  Life life;
  follow(life, {{Event::end, Action::leave, State::closing},
                {Event::stream_over, Action::none, State::ending},
                {Event::hooks_over, Action::forget, State::gone}});
}

TEST(Life, SessionThatIsSuspendedResumesAndLaterExpires) {
  Life life;
  follow(life, {{Event::begin, Action::begin, State::open},
                {Event::suspend, Action::wait, State::suspended},
                {Event::stream_over, Action::none, State::suspended},
                {Event::resume, Action::hold, State::resuming},
                {Event::hooks_free, Action::go_on, State::open},
                {Event::suspend, Action::wait, State::suspended},
                {Event::expire, Action::none, State::expiring},
                {Event::hooks_free, Action::wind_up, State::ending},
                {Event::hooks_over, Action::forget, State::gone}});
}

TEST(Life, ClientThatComesTwiceWhileAHookRunsIsHeldTwice) {
  Life life;
  follow(life, {{Event::begin, Action::begin, State::open},
                {Event::suspend, Action::wait, State::suspended},
                {Event::resume, Action::hold, State::resuming},
                {Event::resume, Action::hold, State::resuming},
                {Event::hooks_free, Action::go_on, State::open}});
}

TEST(Life, SessionThatExpiresWhileItsClientIsHeldDoesNotGoOn) {
  Life life;
  follow(life, {{Event::begin, Action::begin, State::open},
                {Event::suspend, Action::wait, State::suspended},
                {Event::resume, Action::hold, State::resuming},
                {Event::expire, Action::none, State::expiring},
                {Event::hooks_free, Action::wind_up, State::ending},
                {Event::hooks_over, Action::forget, State::gone}});
}

TEST(Life, SessionThatEndsForGoodCannotBeSuspendedAnyMore) {
  Life life;
  follow(life, {{Event::begin, Action::begin, State::open},
                {Event::end, Action::leave, State::closing},
                {Event::suspend, Action::none, State::closing},
                {Event::resume, Action::refuse, State::closing}});
  EXPECT_FALSE(life.may_come_back());
}

TEST(Life, IdleHooksOfAnOpenDeviceChangeNothing) {
  Life life;
  follow(life, {{Event::begin, Action::begin, State::open},
                {Event::hooks_free, Action::none, State::open},
                {Event::hooks_free, Action::none, State::open}});
}

TEST(Life, WhatIsGoneStaysGone) {
  Life life;
  lead(life, State::gone);
  for (const Event event : {Event::end, Event::suspend, Event::expire, Event::hooks_free,
                            Event::stream_over, Event::hooks_over}) {
    EXPECT_EQ(life.on(event), Action::none) << to_string(event);
    EXPECT_EQ(life.state(), State::gone) << to_string(event);
  }
}

}  // namespace
}  // namespace microframe::ws
