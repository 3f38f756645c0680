// FakeWorld: the Surroundings of a Driver as a test makes them: a clock that the test turns, work
// that the test runs, and links that open, speak and end when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/timer_wheel.hpp"
#include "client/surroundings.hpp"

namespace test {

class FakeWorld {
 public:
  using OpenConnection = microframe::v1::OpenConnection;

  // To be given to the driver. The world must outlive it.
  std::unique_ptr<microframe::client::Surroundings> surroundings() {
    return std::make_unique<Surroundings>(*this);
  }

  std::uint64_t now_ms = 1'000'000;
  std::deque<OpenConnection> wanted;  // connections, in the order they were asked for
  std::deque<std::string> told;       // what the links were told: "text ..", "close 1000 ..", ..
  // Of the link that is there.
  std::string subprotocol;
  unsigned status = 0;
  std::optional<std::uint64_t> retry_after_s;
  std::uint64_t heard_ms = 0;
  bool takes = true;  // the kernel takes what is sent
  std::size_t buffered = 0;

  bool has_link() const { return events_ != nullptr; }
  std::size_t links_made() const { return links_made_; }
  // What the links were told since the last call.
  std::vector<std::string> take_told() {
    const auto all = std::exchange(told, {});
    return {all.begin(), all.end()};
  }

  // Lets time pass, in steps of the wheel.
  void pass(std::uint64_t ms) {
    const std::uint64_t end = now_ms + ms;
    while (now_ms < end) {
      now_ms = std::min(end, now_ms + microframe::base::TimerWheel::kTickMs);
      wheel_.advance(now_ms);
    }
  }
  using Work = std::pair<std::function<void()>, std::function<void()>>;
  // The jobs that have not been run, with what follows each: for jobs that hang.
  std::deque<Work> take_work() { return std::exchange(work_, {}); }
  bool has_work() const { return !work_.empty(); }
  // Runs the oldest job, and what follows it.
  void work() {
    ASSERT_TRUE(has_work());
    const auto [job, done] = std::move(work_.front());
    work_.pop_front();
    job();
    done();
  }

  void open(std::string_view chosen = "microframe.v1") {
    ASSERT_TRUE(has_link()) << "no connection is wanted";
    subprotocol = chosen;
    events_->on_open();
  }
  void say(std::string_view text) {
    ASSERT_TRUE(has_link());
    events_->on_message(microframe::ws::Message::text(text));
  }
  void say_bytes(std::string_view bytes) {
    ASSERT_TRUE(has_link());
    events_->on_message(microframe::ws::Message::binary(microframe::base::as_bytes(bytes)));
  }
  // All that was sent has left.
  void drain() {
    ASSERT_TRUE(has_link());
    buffered = 0;
    events_->on_sent();
  }
  // The server's Close has come.
  void begin_to_close() {
    ASSERT_TRUE(has_link());
    events_->on_closing();
  }
  void end(unsigned code, std::string_view reason = {}) {
    ASSERT_TRUE(has_link());
    events_->on_closed(static_cast<microframe::proto::CloseCode>(code), reason);
  }

 private:
  class Link final : public microframe::client::Link {
   public:
    Link(FakeWorld& world, Events& events) : world_(world), events_(&events) {
      world_.events_ = events_;
      world_.current_ = this;
      world_.status = 0;
      world_.retry_after_s.reset();
      world_.heard_ms = 0;
      world_.buffered = 0;
      ++world_.links_made_;
    }
    ~Link() override {
      if (world_.current_ != this) return;
      world_.current_ = nullptr;
      world_.events_ = nullptr;
    }
    bool send(const microframe::ws::Message& message) override {
      note((message.is_binary() ? "bytes " : "text ") + std::string(message.content()));
      if (!world_.takes) world_.buffered += message.content().size();
      return true;
    }
    std::size_t buffered() const override { return world_.buffered; }
    void close(microframe::proto::CloseCode code, std::string_view reason) override {
      note("close " + std::to_string(static_cast<unsigned>(code)) + " " + std::string(reason));
    }
    void say_goodbye() override { note("goodbye"); }
    void pause_reading() override { note("pause"); }
    void resume_reading() override { note("resume"); }
    const std::string& subprotocol() const override { return world_.subprotocol; }
    unsigned status() const override { return world_.status; }
    std::optional<std::uint64_t> retry_after_s() const override { return world_.retry_after_s; }
    std::uint64_t heard_ms() const override { return world_.heard_ms; }

   private:
    void note(std::string line) { world_.told.push_back(std::move(line)); }
    FakeWorld& world_;
    Events* events_;
  };

  class Surroundings final : public microframe::client::Surroundings {
   public:
    explicit Surroundings(FakeWorld& world) : world_(world) {}
    std::uint64_t now_ms() const override { return world_.now_ms; }
    microframe::base::TimerWheel& wheel() override { return world_.wheel_; }
    void work(std::function<void()> job, std::function<void()> done) override {
      world_.work_.emplace_back(std::move(job), std::move(done));
    }
    std::unique_ptr<microframe::client::Link> open(
        OpenConnection connection, microframe::client::Link::Events& events) override {
      world_.wanted.push_back(std::move(connection));
      return std::make_unique<Link>(world_, events);
    }

   private:
    FakeWorld& world_;
  };

  microframe::base::TimerWheel wheel_;
  std::deque<Work> work_;
  microframe::client::Link::Events* events_ = nullptr;
  Link* current_ = nullptr;
  std::size_t links_made_ = 0;
};

}  // namespace test
