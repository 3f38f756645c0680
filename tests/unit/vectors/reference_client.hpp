// ReferenceClient: the reference client of tests/vectors (README.md there), without sockets: a
// ClientSession and an application that answers as that page says.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "microframe/json.hpp"
#include "support/bytes.hpp"
#include "support/vectors.hpp"
#include "unit/v1/session_driver.hpp"

namespace microframe::vectors {

class ReferenceClient {
 public:
  ReferenceClient() { driver_.session.connect(driver_.now_ms); }

  // The client opens a connection, now or after the pause that it makes.
  // returns: what it offers.
  std::vector<std::string> open() {
    driver_.look();
    if (!driver_.opening) driver_.pass(60'000);
    return driver_.open();
  }
  void lose(std::uint16_t code = 1006) { driver_.lose(code); }

  void receive(std::string_view frame) {
    driver_.receive(frame);
    while (!driver_.messages.empty()) handle(v1::SessionDriver::take(driver_.messages));
  }
  void receive_binary(std::string_view frame) { driver_.receive_binary(frame); }

  // The next frame that is sent, time passing if need be. wants_count: a `received` too; otherwise
  // those are put aside, among reports().
  // returns: "" if there is none.
  std::string next_frame(bool wants_count) {
    driver_.look();
    for (int i = 0; i < 3; ++i) {
      while (!driver_.sent.empty()) {
        std::string frame = driver_.next_sent();
        if (wants_count || frame.find(R"("t":"received")") == std::string::npos) return frame;
        reports_.push_back(std::move(frame));
      }
      const auto due = driver_.session.deadline_ms();
      if (!due) break;
      driver_.pass(*due - driver_.now_ms);
    }
    return {};
  }
  std::deque<std::string>& reports() { return reports_; }
  void expect_close(std::uint16_t code) {
    driver_.look();
    ASSERT_TRUE(driver_.closing);
    EXPECT_EQ(driver_.closing->code, code);
  }

  // What the application asks of its client: a step's "do".
  void ask(const boost::json::object& what) {
    v1::ClientSession& session = driver_.session;
    if (const Json* data = what.if_contains("send")) driver_.send(to_text(*data));
    if (const Json* data = what.if_contains("post")) session.post(to_text(*data), driver_.now_ms);
    if (const Json* bytes = what.if_contains("send_binary"))
      session.send_binary(++driver_.last_ticket, test::from_hex(test::as_string(*bytes)),
                          driver_.now_ms);
    if (const Json* room = what.if_contains("join")) {
      const Json* last = what.if_contains("last");
      driver_.join(test::as_string(*room), last ? last->to_number<std::uint64_t>() : 0);
    }
    if (const Json* room = what.if_contains("leave")) driver_.leave(test::as_string(*room));
    if (const Json* token = what.if_contains("refresh"))
      session.refresh(++driver_.last_ticket, test::as_string(*token), std::nullopt, driver_.now_ms);
    if (what.contains("close")) session.close(1000, {});
  }

  // texts, binaries: how many messages the client was sent to tell its application.
  void check_end(std::size_t texts, std::size_t binaries) {
    EXPECT_EQ(driver_.next_sent(), "") << "and no step for it";
    EXPECT_EQ(driver_.settled.size(), driver_.last_ticket) << "each wish comes to one end";
    EXPECT_EQ(told_, texts) << "each message is told, once";
    EXPECT_EQ(driver_.binaries.size(), binaries) << "each message is told, once";
  }

 private:
  void handle(const v1::TellMessage& message) {
    ++told_;
    if (message.id == 0) return;
    const std::string op = text(message.data, "op");
    if (op == "reply") {
      driver_.session.answer(message, &message.data.at("value"));
    } else if (op == "fail") {
      driver_.session.answer_error(message, "failed", "as asked");
    } else {
      driver_.session.answer(message, nullptr);
    }
  }

  v1::SessionDriver driver_;
  std::deque<std::string> reports_;
  std::size_t told_ = 0;
};

}  // namespace microframe::vectors
