#include "unit/cluster/broker_contract.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

namespace test {

using microframe::hub::Broker;
using std::chrono::milliseconds;
using Names = std::vector<std::string>;

void Ear::note() {
  thread_ = std::this_thread::get_id();
}

void Ear::on_message(std::string_view topic, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  messages_.push_back({std::string(topic), std::string(bytes)});
  note();
}

void Ear::on_entry(std::string_view log, std::uint64_t epoch, const Broker::Entry& entry) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({std::string(log), epoch, entry});
  note();
}

void Ear::on_interrupted() {
  const std::lock_guard lock(mutex_);
  ++interruptions_;
}

void Ear::on_restored() {
  const std::lock_guard lock(mutex_);
  ++restorations_;
}

Names Ear::heard(std::string_view topic) const {
  const std::lock_guard lock(mutex_);
  Names result;
  for (const Message& message : messages_)
    if (message.topic == topic) result.push_back(message.bytes);
  return result;
}

std::vector<Ear::Entry> Ear::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

std::size_t Ear::interruptions() const {
  const std::lock_guard lock(mutex_);
  return interruptions_;
}

std::size_t Ear::restorations() const {
  const std::lock_guard lock(mutex_);
  return restorations_;
}

std::thread::id Ear::thread() const {
  const std::lock_guard lock(mutex_);
  return thread_;
}

template <class T, class Ask>
std::optional<BrokerContract::Outcome<T>> BrokerContract::outcome(Ask&& ask) {
  struct Answer {
    std::mutex mutex;
    std::optional<Outcome<T>> given;
  };
  const auto answer = std::make_shared<Answer>();
  ask(Broker::Done<T>([answer](Outcome<T> given) {
    const std::lock_guard lock(answer->mutex);
    EXPECT_FALSE(answer->given) << "a Done is called once";
    answer->given = std::move(given);
  }));
  eventually([&] {
    const std::lock_guard lock(answer->mutex);
    return answer->given.has_value();
  });
  const std::lock_guard lock(answer->mutex);
  return answer->given;
}

template <class T, class Ask>
T BrokerContract::value(Ask&& ask) {
  const auto given = outcome<T>(ask);
  if (!given || !*given) {
    ADD_FAILURE() << "no answer, or a failure";
    return T{};
  }
  return **given;
}

std::unique_ptr<BrokerContract::Node> BrokerContract::node() {
  auto made = std::make_unique<Node>(bench->make());
  eventually([&] { return made->broker->is_up(); });
  return made;
}

void BrokerContract::subscribe(Node& node, const std::string& topic) {
  value<Broker::Nothing>([&](auto done) { node->subscribe(topic, done); });
}

void BrokerContract::follow(Node& node, const std::string& log) {
  value<Broker::Nothing>([&](auto done) { node->follow(log, done); });
}

Broker::Append BrokerContract::message(const std::string& log, const std::string& bytes) {
  Broker::Append result;
  result.log = log;
  result.bytes = bytes;
  result.kept_max = 100;
  result.age_max = std::chrono::minutes(1);
  return result;
}

Broker::Appended BrokerContract::append(Node& node, const Broker::Append& what) {
  return value<Broker::Appended>([&](auto done) { node->append(what, done); });
}

Broker::Page BrokerContract::read(Node& node, const std::string& log, std::uint64_t from,
                                  std::size_t limit) {
  return value<Broker::Page>([&](auto done) { node->read(log, from, limit, done); });
}

Names BrokerContract::texts(const Broker::Page& page) {
  Names result;
  for (const Broker::Entry& entry : page.entries) result.push_back(entry.bytes);
  return result;
}

// --- topics

TEST_P(BrokerContract, WhatIsPublishedIsHeardByEverySubscriberTheOwnOneToo) {
  const auto one = node(), other = node();
  subscribe(*one, "news");
  subscribe(*other, "news");
  (*one)->publish("news", "hello");
  eventually([&] { return one->ear.heard("news") == Names{"hello"}; });
  eventually([&] { return other->ear.heard("news") == Names{"hello"}; });
}

TEST_P(BrokerContract, WhoHasNotSubscribedHearsNothing) {
  const auto one = node(), other = node();
  subscribe(*one, "news");
  subscribe(*other, "weather");
  (*one)->publish("news", "hello");
  (*one)->publish("weather", "rain");
  eventually([&] { return other->ear.heard("weather") == Names{"rain"}; });
  EXPECT_EQ(other->ear.heard("news"), Names());
}

TEST_P(BrokerContract, WhatIsPublishedOnceASubscriptionIsInForceIsHeard) {
  const auto one = node(), other = node();
  for (int i = 0; i < 50; ++i) {
    const std::string topic = "t" + std::to_string(i);
    subscribe(*one, topic);
    (*other)->publish(topic, "at once");
    eventually([&] { return one->ear.heard(topic) == Names{"at once"}; });
  }
}

TEST_P(BrokerContract, ATopicKeepsTheOrderOfItsPublisher) {
  const auto one = node(), other = node();
  subscribe(*other, "numbers");
  Names sent;
  for (int i = 0; i < 500; ++i) {
    sent.push_back(std::to_string(i));
    (*one)->publish("numbers", sent.back());
  }
  eventually([&] { return other->ear.heard("numbers").size() == sent.size(); });
  EXPECT_EQ(other->ear.heard("numbers"), sent);
}

TEST_P(BrokerContract, TopicsOfOnePublisherKeepTheirOrderAmongEachOther) {
  const auto one = node(), other = node();
  subscribe(*other, "first");
  subscribe(*other, "second");
  for (int i = 0; i < 100; ++i) {
    (*one)->publish("first", "x");
    (*one)->publish("second", "x");
    const auto has = [&](const char* topic) {
      return other->ear.heard(topic).size() == std::size_t(i + 1);
    };
    eventually([&] { return has("second"); });
    if (bench->has_several_servers()) {
      eventually([&] { return has("first"); });
    } else {
      EXPECT_TRUE(has("first"));
    }
  }
}

TEST_P(BrokerContract, SubscribingTwiceIsOneSubscription) {
  const auto one = node();
  subscribe(*one, "news");
  subscribe(*one, "news");
  (*one)->publish("news", "once");
  (*one)->publish("news", "end");
  eventually(
      [&] { return !one->ear.heard("news").empty() && one->ear.heard("news").back() == "end"; });
  EXPECT_EQ(one->ear.heard("news"), (Names{"once", "end"}));
  (*one)->unsubscribe("news");
  subscribe(*one, "other");
  (*one)->publish("news", "late");
  (*one)->publish("other", "end");
  eventually([&] { return one->ear.heard("other") == Names{"end"}; });
  EXPECT_EQ(one->ear.heard("news"), (Names{"once", "end"}));
}

TEST_P(BrokerContract, ATopicCanBeSubscribedAgain) {
  const auto one = node();
  subscribe(*one, "news");
  (*one)->unsubscribe("news");
  subscribe(*one, "news");
  (*one)->publish("news", "again");
  eventually([&] { return one->ear.heard("news") == Names{"again"}; });
}

TEST_P(BrokerContract, NamesAndMessagesAreAnyBytes) {
  const auto one = node(), other = node();
  Names names = {std::string("\0\r\n\xff{}*?[]\\ \"'", 14), std::string(512, 'n'),
                 std::string(511, '\0') + "x", "{a}b{c}"};
  const std::string bytes("\0$5\r\nhello\r\n\xff", 13);
  for (const std::string& name : names) {
    subscribe(*other, name);
    follow(*other, name);
    (*one)->publish(name, bytes);
    eventually([&] { return other->ear.heard(name) == Names{bytes}; });

    append(*one, message(name, bytes));
    EXPECT_EQ(texts(read(*other, name)), Names{bytes});
    eventually([&] {
      const auto entries = other->ear.entries();
      return !entries.empty() && entries.back().log == name && entries.back().entry.bytes == bytes;
    });

    EXPECT_TRUE(value<bool>(
        [&](auto done) { (*one)->put(name, bytes, std::chrono::minutes(1), false, done); }));
    EXPECT_EQ(value<std::optional<std::string>>([&](auto done) { (*other)->take(name, done); }),
              bytes);
    EXPECT_TRUE(value<bool>([&](auto done) { (*one)->enter(name, name, name, done); }));
    EXPECT_EQ(value<Names>([&](auto done) { (*other)->strike(name, name, done); }), Names{name});
  }
}

TEST_P(BrokerContract, MessagesMayBeEmptyOrLarge) {
  const auto one = node(), other = node();
  subscribe(*other, "news");
  const std::string large(4 * 1024 * 1024, 'x');
  (*one)->publish("news", "");
  (*one)->publish("news", large);
  eventually([&] { return other->ear.heard("news").size() == 2; });
  EXPECT_EQ(other->ear.heard("news"), (Names{"", large}));
  append(*one, message("log", ""));
  append(*one, message("log", large));
  EXPECT_EQ(texts(read(*other, "log")), (Names{"", large}));
}

// --- logs

TEST_P(BrokerContract, ALogNumbersWhatIsAppendedFromOne) {
  const auto one = node(), other = node();
  const auto first = append(*one, message("log", "a"));
  EXPECT_NE(first.position.epoch, 0u);
  EXPECT_EQ(first.position.offset, 1u);
  EXPECT_FALSE(first.repeated);
  const auto second = append(*other, message("log", "b"));
  EXPECT_EQ(second.position, (Broker::Position{first.position.epoch, 2}));
}

TEST_P(BrokerContract, WhoFollowsALogIsGivenEachEntryInOrder) {
  const auto one = node(), other = node();
  follow(*one, "log");
  follow(*other, "log");
  append(*one, message("other log", "x"));
  const auto first = append(*one, message("log", "a"));
  append(*other, message("log", "b"));
  append(*one, message("log", "c"));
  const auto page = read(*one, "log");
  for (Node* each : {one.get(), other.get()}) {
    eventually([&] { return each->ear.entries().size() == 3; });
    const auto entries = each->ear.entries();
    ASSERT_EQ(entries.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(entries[i].log, "log");
      EXPECT_EQ(entries[i].epoch, first.position.epoch);
      EXPECT_EQ(entries[i].entry.offset, i + 1);
      EXPECT_EQ(entries[i].entry.bytes, std::string(1, "abc"[i]));
      EXPECT_EQ(entries[i].entry.tag, page.entries.at(i).tag) << "one message has one tag";
      EXPECT_LT(entries[i].entry.age, milliseconds(5000));
    }
  }
}

TEST_P(BrokerContract, AppendsOfOneNodeKeepTheirOrder) {
  const auto one = node(), other = node();
  follow(*other, "log");
  Names sent;
  for (int i = 0; i < 200; ++i) {
    sent.push_back(std::to_string(i));
    auto what = message("log", sent.back());
    what.kept_max = 1000;
    (*one)->append(what, [](auto) {});
  }
  eventually([&] { return other->ear.entries().size() == sent.size(); });
  EXPECT_EQ(texts(read(*one, "log", 1, 1000)), sent);
  const auto entries = other->ear.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(entries[i].entry.offset, i + 1);
}

TEST_P(BrokerContract, WhoUnfollowsALogIsGivenNoMore) {
  const auto one = node();
  follow(*one, "log");
  follow(*one, "other");
  append(*one, message("log", "a"));
  eventually([&] { return one->ear.entries().size() == 1; });
  (*one)->unfollow("log");
  append(*one, message("log", "b"));
  append(*one, message("other", "c"));
  eventually([&] { return one->ear.entries().size() == 2; });
  EXPECT_EQ(one->ear.entries().back().log, "other");
}

TEST_P(BrokerContract, TagsOfMessagesDiffer) {
  const auto one = node();
  std::vector<std::uint64_t> tags;
  for (int i = 0; i < 20; ++i) append(*one, message("log", "same"));
  for (const auto& entry : read(*one, "log").entries) tags.push_back(entry.tag);
  std::sort(tags.begin(), tags.end());
  EXPECT_EQ(tags.size(), 20u);
  EXPECT_EQ(std::unique(tags.begin(), tags.end()), tags.end());
}

TEST_P(BrokerContract, ALogKeepsSoManyOfItsLatest) {
  const auto one = node();
  for (const char* text : {"a", "b", "c", "d", "e"}) {
    auto what = message("log", text);
    what.kept_max = 3;
    append(*one, what);
  }
  const auto page = read(*one, "log");
  EXPECT_EQ(page.last, 5u);
  EXPECT_EQ(texts(page), (Names{"c", "d", "e"}));
  EXPECT_EQ(page.entries.front().offset, 3u);
}

TEST_P(BrokerContract, ALogKeepsNothingThatIsTooOld) {
  const auto one = node();
  auto what = message("log", "old");
  what.age_max = milliseconds(300);
  append(*one, what);
  EXPECT_EQ(texts(read(*one, "log")), Names{"old"});
  eventually([&] { return read(*one, "log").entries.empty(); });
}

TEST_P(BrokerContract, AnEntryTellsItsAge) {
  const auto one = node();
  append(*one, message("log", "a"));
  std::this_thread::sleep_for(milliseconds(120));
  const auto page = read(*one, "log");
  ASSERT_EQ(page.entries.size(), 1u);
  EXPECT_GE(page.entries[0].age, milliseconds(100));
  EXPECT_LT(page.entries[0].age, milliseconds(5000));
}

TEST_P(BrokerContract, AMessageWithANameIsAppendedOnce) {
  const auto one = node(), other = node();
  follow(*one, "log");
  auto what = message("log", "a");
  what.once = "session/1";
  const auto first = append(*one, what);
  append(*one, message("log", "between"));
  const auto again = append(*other, what);
  EXPECT_FALSE(first.repeated);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.position, first.position);
  what.once = "session/2";
  EXPECT_FALSE(append(*one, what).repeated);
  // The name counts within the log.
  what.log = "other log";
  EXPECT_FALSE(append(*one, what).repeated);
  EXPECT_EQ(texts(read(*one, "log")), (Names{"a", "between", "a"}));
  eventually([&] { return one->ear.entries().size() == 3; });
}

TEST_P(BrokerContract, ALogIsReadInPages) {
  const auto one = node();
  for (const char* text : {"a", "b", "c", "d", "e"}) append(*one, message("log", text));
  EXPECT_EQ(texts(read(*one, "log", 2, 2)), (Names{"b", "c"}));
  EXPECT_EQ(texts(read(*one, "log", 4, 2)), (Names{"d", "e"}));
  EXPECT_EQ(texts(read(*one, "log", 5, 2)), Names{"e"});
  EXPECT_EQ(texts(read(*one, "log", 0, 2)), (Names{"a", "b"}));
  const auto beyond = read(*one, "log", 6, 2);
  EXPECT_EQ(beyond.last, 5u);
  EXPECT_NE(beyond.epoch, 0u);
  EXPECT_EQ(texts(beyond), Names());
}

TEST_P(BrokerContract, ALogThatThereIsNotHasNoEpoch) {
  const auto one = node();
  const auto page = read(*one, "no such log");
  EXPECT_EQ(page.epoch, 0u);
  EXPECT_EQ(page.last, 0u);
  EXPECT_EQ(texts(page), Names());
}

TEST_P(BrokerContract, PositionsComeInTheOrderAsked) {
  const auto one = node();
  append(*one, message("a", "1"));
  const auto a = append(*one, message("a", "2")).position;
  const auto b = append(*one, message("b", "1")).position;
  using Positions = std::vector<Broker::Position>;
  EXPECT_EQ(value<Positions>([&](auto done) { (*one)->positions({"b", "none", "a", "b"}, done); }),
            (Positions{b, {}, a, b}));
  EXPECT_EQ(value<Positions>([&](auto done) { (*one)->positions({}, done); }), Positions());
}

TEST_P(BrokerContract, ALogThatWasLostGoesOnWithAHigherEpoch) {
  const auto one = node();
  std::uint64_t epoch = 0;
  for (int i = 0; i < 3; ++i) {
    const auto position = append(*one, message("log", "a")).position;
    EXPECT_GT(position.epoch, epoch);
    EXPECT_EQ(position.offset, 1u);
    epoch = position.epoch;
    bench->lose_everything();
    EXPECT_EQ(read(*one, "log").epoch, 0u);
  }
}

TEST_P(BrokerContract, ARenewedLogIsNumberedAnew) {
  const auto one = node(), other = node();
  for (const char* text : {"a", "b", "c", "d"}) {
    auto what = message("log", text);
    what.kept_max = 3;
    append(*one, what);
  }
  const auto before = read(*one, "log");
  const auto renewed =
      value<Broker::Position>([&](auto done) { (*one)->renew("log", before.epoch, done); });
  EXPECT_GT(renewed.epoch, before.epoch);
  EXPECT_EQ(renewed.offset, 3u);
  const auto after = read(*other, "log");
  EXPECT_EQ(after.epoch, renewed.epoch);
  EXPECT_EQ(after.last, 3u);
  EXPECT_EQ(texts(after), (Names{"b", "c", "d"}));
  EXPECT_EQ(after.entries.at(0).offset, 1u);
  EXPECT_EQ(append(*other, message("log", "e")).position, (Broker::Position{renewed.epoch, 4}));
}

TEST_P(BrokerContract, ALogIsRenewedOnceHoweverManyAsk) {
  const auto one = node(), other = node();
  const auto position = append(*one, message("log", "a")).position;
  const auto renewed =
      value<Broker::Position>([&](auto done) { (*one)->renew("log", position.epoch, done); });
  const auto again =
      value<Broker::Position>([&](auto done) { (*other)->renew("log", position.epoch, done); });
  EXPECT_EQ(renewed, again);
  EXPECT_EQ(value<Broker::Position>([&](auto done) { (*one)->renew("no such log", 1, done); }),
            Broker::Position{});
}

TEST_P(BrokerContract, AnEmptyLogIsMadeForWhoeverWantsToKnowItsEpoch) {
  const auto one = node(), other = node();
  const auto made = value<Broker::Position>([&](auto done) { (*one)->renew("log", 0, done); });
  EXPECT_NE(made.epoch, 0u);
  EXPECT_EQ(made.offset, 0u);
  EXPECT_EQ(value<Broker::Position>([&](auto done) { (*other)->renew("log", 0, done); }), made);
  EXPECT_EQ(read(*other, "log").epoch, made.epoch);
  EXPECT_EQ(value<Broker::Position>([&](auto done) { (*one)->renew("log", made.epoch + 1, done); }),
            made);
  const auto renewed = value<Broker::Position>([&](auto done) { (*one)->renew("empty", 0, done); });
  EXPECT_GT(value<Broker::Position>([&](auto done) {
              (*one)->renew("empty", renewed.epoch, done);
            }).epoch,
            renewed.epoch);
  EXPECT_EQ(append(*other, message("log", "a")).position, (Broker::Position{made.epoch, 1}));
  EXPECT_EQ(value<Broker::Position>([&](auto done) { (*one)->renew("log", 0, done); }),
            (Broker::Position{made.epoch, 1}));
}

TEST_P(BrokerContract, AMessageWithANameIsAppendedOnceAlsoIfTheLogIsRenewedBetween) {
  const auto one = node();
  auto what = message("log", "a");
  what.once = "session/1";
  const auto first = append(*one, what);
  value<Broker::Position>([&](auto done) { (*one)->renew("log", first.position.epoch, done); });
  EXPECT_TRUE(append(*one, what).repeated);
  EXPECT_EQ(texts(read(*one, "log")), Names{"a"});
}

// --- notes

TEST_P(BrokerContract, ANoteIsFoundByEveryone) {
  const auto one = node(), other = node();
  const auto minute = std::chrono::minutes(1);
  EXPECT_TRUE(value<bool>([&](auto done) { (*one)->put("a", "1", minute, false, done); }));
  EXPECT_TRUE(value<bool>([&](auto done) { (*one)->put("b", "", minute, false, done); }));
  using Found = std::vector<std::optional<std::string>>;
  EXPECT_EQ(value<Found>([&](auto done) { (*other)->get({"b", "c", "a"}, done); }),
            (Found{"", std::nullopt, "1"}));
  EXPECT_EQ(value<Found>([&](auto done) { (*other)->get({}, done); }), Found());
  EXPECT_TRUE(value<bool>([&](auto done) { (*other)->put("a", "2", minute, false, done); }));
  EXPECT_EQ(value<Found>([&](auto done) { (*one)->get({"a"}, done); }), Found{"2"});
}

TEST_P(BrokerContract, ANoteIsPutIfAbsentByOne) {
  const auto one = node(), other = node();
  const auto minute = std::chrono::minutes(1);
  EXPECT_TRUE(value<bool>([&](auto done) { (*one)->put("a", "1", minute, true, done); }));
  EXPECT_FALSE(value<bool>([&](auto done) { (*other)->put("a", "2", minute, true, done); }));
  EXPECT_EQ(value<std::optional<std::string>>([&](auto done) { (*one)->take("a", done); }), "1");
  EXPECT_TRUE(value<bool>([&](auto done) { (*other)->put("a", "2", minute, true, done); }));
}

TEST_P(BrokerContract, ANoteIsThereForATime) {
  const auto one = node();
  const milliseconds time(200);
  EXPECT_TRUE(value<bool>([&](auto done) { (*one)->put("a", "1", time, false, done); }));
  eventually(
      [&] { return value<bool>([&](auto done) { (*one)->put("a", "2", time, true, done); }); });
  // Put again, it is there for longer.
  EXPECT_TRUE(
      value<bool>([&](auto done) { (*one)->put("a", "3", std::chrono::minutes(1), false, done); }));
  std::this_thread::sleep_for(2 * time);
  EXPECT_EQ(value<std::optional<std::string>>([&](auto done) { (*one)->take("a", done); }), "3");
}

TEST_P(BrokerContract, ANoteIsTakenByOneOfSeveral) {
  const auto one = node(), other = node();
  for (int i = 0; i < 20; ++i) {
    value<bool>([&](auto done) { (*one)->put("a", "1", std::chrono::minutes(1), false, done); });
    struct Count {
      std::atomic<int> answers{0};
      std::atomic<int> given{0};
    };
    const auto count = std::make_shared<Count>();
    for (Node* each : {one.get(), other.get()})
      (*each)->take("a", [count](auto found) {
        if (found && *found) ++count->given;
        ++count->answers;
      });
    eventually([&] { return count->answers == 2; });
    EXPECT_EQ(count->given, 1);
  }
}

// --- rolls

TEST_P(BrokerContract, ARollTellsTheFirstAndTheLastNodeOfAName) {
  const auto one = node(), other = node();
  const auto enter = [&](const char* name, const char* at) {
    return value<bool>([&](auto done) { (*one)->enter("roll", name, at, done); });
  };
  const auto leave = [&](const char* name, const char* at) {
    return value<bool>([&](auto done) { (*other)->leave("roll", name, at, done); });
  };
  EXPECT_TRUE(enter("alice", "n1"));
  EXPECT_FALSE(enter("alice", "n1"));
  EXPECT_FALSE(enter("alice", "n2"));
  EXPECT_TRUE(enter("bob", "n1"));
  EXPECT_FALSE(leave("alice", "n1"));
  EXPECT_FALSE(leave("alice", "n1"));
  EXPECT_TRUE(leave("alice", "n2"));
  EXPECT_FALSE(leave("alice", "n2")) << "it did not have this node";
  EXPECT_FALSE(leave("carol", "n1"));
  EXPECT_TRUE(enter("alice", "n2"));
  EXPECT_TRUE(value<bool>([&](auto done) { (*one)->enter("other roll", "alice", "n1", done); }));
}

TEST_P(BrokerContract, ANodeIsStruckFromARoll) {
  const auto one = node();
  const auto enter = [&](const char* roll, const std::string& name, const char* at) {
    return value<bool>([&](auto done) { (*one)->enter(roll, name, at, done); });
  };
  enter("roll", "alice", "n1");
  enter("roll", "bob", "n1");
  enter("roll", "bob", "n2");
  enter("roll", "carol", "n2");
  enter("other roll", "alice", "n1");
  const auto strike = [&](const char* roll, const char* at) {
    return value<Names>([&](auto done) { (*one)->strike(roll, at, done); });
  };
  EXPECT_EQ(strike("roll", "n1"), Names{"alice"});
  EXPECT_EQ(strike("roll", "n1"), Names());
  auto rest = strike("roll", "n2");
  std::sort(rest.begin(), rest.end());
  EXPECT_EQ(rest, (Names{"bob", "carol"}));
  EXPECT_EQ(strike("other roll", "n1"), Names{"alice"});
}

TEST_P(BrokerContract, ANodeWithManyNamesIsStruckWhole) {
  const auto one = node();
  std::atomic<int> entered{0};
  for (int i = 0; i < 3000; ++i)
    (*one)->enter("roll", "user" + std::to_string(i), "n1", [&](auto) { ++entered; });
  eventually([&] { return entered == 3000; });
  EXPECT_EQ(value<Names>([&](auto done) { (*one)->strike("roll", "n1", done); }).size(), 3000u);
}

// --- threads and ends

TEST_P(BrokerContract, AnswersComeOnTheBrokersThreadAndNeverInsideTheCall) {
  const auto one = node();
  subscribe(*one, "news");
  (*one)->publish("news", "x");
  eventually([&] { return !one->ear.heard("news").empty(); });
  std::mutex mutex;
  std::thread::id answered;
  const Broker::Done<Broker::Page> done = [&](auto) {
    const std::lock_guard lock(mutex);
    answered = std::this_thread::get_id();
  };
  {
    // An answer inside the call would never return.
    const std::lock_guard lock(mutex);
    (*one)->read("log", 1, 1, done);
  }
  eventually([&] {
    const std::lock_guard lock(mutex);
    return answered != std::thread::id();
  });
  EXPECT_EQ(answered, one->ear.thread());
  EXPECT_NE(answered, std::this_thread::get_id());
}

TEST_P(BrokerContract, AnAnswerMayAskTheNextQuestion) {
  const auto one = node();
  const auto page = value<Broker::Page>([&](auto done) {
    (*one)->append(message("log", "a"), [&, done](auto) { (*one)->read("log", 1, 10, done); });
  });
  EXPECT_EQ(texts(page), Names{"a"});
}

TEST_P(BrokerContract, ManyThreadsCall) {
  const auto one = node();
  follow(*one, "log");
  std::atomic<int> answers{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k)
        (*one)->append(message("log", "x"), [&](auto given) { answers += given.ok(); });
    });
  for (std::thread& thread : threads) thread.join();
  eventually([&] { return answers == 400; });
  eventually([&] { return one->ear.entries().size() == 400; });
  const auto entries = one->ear.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(entries[i].entry.offset, i + 1);
}

TEST_P(BrokerContract, NothingComesBackOnceItHasStopped) {
  for (int i = 0; i < 10; ++i) {
    Ear ear;
    const auto broker = bench->make();
    broker->start(ear);
    eventually([&] { return broker->is_up(); });
    value<Broker::Nothing>([&](auto done) { broker->subscribe("news", done); });
    std::atomic<bool> stopped{false};
    std::atomic<int> late{0};
    for (int k = 0; k < 100; ++k) {
      broker->publish("news", "x");
      broker->append(message("log", "x"), [&](auto) { late += stopped; });
    }
    broker->stop();
    stopped = true;
    const std::size_t heard = ear.heard("news").size();
    std::this_thread::sleep_for(milliseconds(5));
    EXPECT_EQ(late, 0);
    EXPECT_EQ(ear.heard("news").size(), heard);
    EXPECT_FALSE(broker->is_up());
  }
}

TEST_P(BrokerContract, ABrokerMayStopThatHasNeverBeenReached) {
  bench->cut();
  Ear ear;
  const auto broker = bench->make();
  broker->start(ear);
  EXPECT_FALSE(broker->is_up());
  broker->stop();
}

// --- while it cannot be reached

TEST_P(BrokerContract, WithoutABrokerAllThatIsAskedFailsInTime) {
  const auto one = node();
  bench->cut();
  eventually([&] { return !(*one)->is_up(); });
  const auto began = std::chrono::steady_clock::now();
  const auto fails = [](const auto& given) {
    return given && !given->ok() && given->error() == Broker::Failure::unavailable;
  };
  Broker& broker = *one->broker;
  EXPECT_TRUE(fails(outcome<Broker::Nothing>([&](auto d) { broker.subscribe("t", d); })));
  EXPECT_TRUE(fails(outcome<Broker::Nothing>([&](auto d) { broker.follow("l", d); })));
  EXPECT_TRUE(
      fails(outcome<Broker::Appended>([&](auto d) { broker.append(message("l", "a"), d); })));
  EXPECT_TRUE(fails(outcome<Broker::Page>([&](auto d) { broker.read("l", 1, 1, d); })));
  EXPECT_TRUE(
      fails(outcome<bool>([&](auto d) { broker.put("n", "x", milliseconds(9), false, d); })));
  EXPECT_TRUE(fails(outcome<std::optional<std::string>>([&](auto d) { broker.take("n", d); })));
  EXPECT_TRUE(fails(outcome<bool>([&](auto d) { broker.enter("r", "a", "n", d); })));
  // Each has its own patience, and a little for a busy machine.
  EXPECT_LT(std::chrono::steady_clock::now() - began, 7 * (Broker::kPatience + milliseconds(500)));
}

TEST_P(BrokerContract, SubscriptionsAreInForceAgainAfterAnInterruption) {
  const auto one = node();
  subscribe(*one, "news");
  follow(*one, "log");
  const std::size_t interruptions = one->ear.interruptions();
  const std::size_t restorations = one->ear.restorations();
  bench->cut();
  eventually([&] { return one->ear.interruptions() > interruptions && !(*one)->is_up(); });
  // Made while nobody can be reached: it fails, and is in force later all the same.
  const auto given = outcome<Broker::Nothing>([&](auto done) { (*one)->subscribe("late", done); });
  EXPECT_TRUE(given && !given->ok());
  (*one)->publish("news", "dropped");
  bench->mend();
  eventually([&] { return one->ear.restorations() > restorations && (*one)->is_up(); });
  (*one)->publish("news", "again");
  (*one)->publish("late", "too");
  append(*one, message("log", "a"));
  eventually([&] { return one->ear.heard("news") == Names{"again"}; });
  eventually([&] { return one->ear.heard("late") == Names{"too"}; });
  eventually([&] { return one->ear.entries().size() == 1; });
}

}  // namespace test
