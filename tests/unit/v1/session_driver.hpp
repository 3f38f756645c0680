// SessionDriver: a ClientSession with a clock that stands still, and what it asked for, to be
// looked at.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "v1/client_session.hpp"
#include "v1/names.hpp"

namespace microframe::v1 {

class SessionDriver {
 public:
  explicit SessionDriver(const ClientSession::Options& options = tokenless()) : session(options) {}

  static ClientSession::Options tokenless() {
    ClientSession::Options options;
    options.has_tokens = false;
    return options;
  }

  ClientSession session;
  std::uint64_t now_ms = 1'000'000;
  double chance = 0.5;

  // What has been asked for and was not looked at yet.
  std::deque<std::string> sent;  // frames; binary ones as they are
  std::deque<Settle> settled;
  std::deque<TellMessage> messages;
  std::deque<TellBinary> binaries;
  std::deque<std::string> texts;
  std::deque<JoinedRoom> joined;
  std::deque<LeftRoom> left;
  std::deque<TellPresence> presence;
  std::deque<ClientStatus> states;
  std::deque<ByeAdvice> byes;
  std::deque<TellProblem> problems;
  std::optional<OpenConnection> opening;
  std::optional<CloseConnection> closing;
  int fetches = 0;
  int dropped = 0;

  void look() {
    for (auto& action : session.take_actions())
      std::visit([this](auto& one) { note(std::move(one)); }, action);
  }
  // Lets time pass, calling what falls due meanwhile.
  void pass(std::uint64_t ms) {
    const std::uint64_t end = now_ms + ms;
    look();
    for (auto due = session.deadline_ms(); due && *due <= end; due = session.deadline_ms()) {
      now_ms = std::max(now_ms, *due);
      session.on_deadline(now_ms, chance);
      look();
    }
    now_ms = end;
  }

  // The wanted connection is open.
  // returns: what was offered.
  std::vector<std::string> open(std::string_view subprotocol = kSubprotocol) {
    look();
    EXPECT_TRUE(opening) << "no connection is wanted";
    auto offered = opening ? opening->subprotocols : std::vector<std::string>{};
    opening.reset();
    session.opened(subprotocol, now_ms);
    look();
    return offered;
  }
  void receive(std::string_view frame) {
    session.text(frame, now_ms);
    look();
  }
  void receive_binary(std::string_view frame) {
    session.binary(base::as_bytes(frame), now_ms);
    look();
  }
  void lose(std::uint16_t code = 1006, const std::string& reason = {}) {
    session.ended(ConnectionEnd(code, reason), now_ms, chance);
    look();
  }
  // A first session, or another, with nothing left to look at.
  void welcome(bool resumed = false, std::uint64_t handled = 0, const std::string& name = "s1") {
    receive(R"({"t":"welcome","session":")" + name + R"(","secret":"x)" + name +
            R"(","user":"alice","resumed":)" + (resumed ? "true" : "false") + R"(,"handled":)" +
            std::to_string(handled) + R"(,"ttl_ms":120000,"ping_ms":25000})");
  }
  void start() {
    session.connect(now_ms);
    open();
    welcome();
    states.clear();
  }
  // The connection is lost, and there again after its delay.
  std::vector<std::string> come_back() {
    lose();
    if (!opening) pass(60'000);
    return open();
  }

  std::uint64_t send(const std::string& json) {
    session.send(++last_ticket, json, now_ms);
    look();
    return last_ticket;
  }
  std::uint64_t join(const std::string& room, std::uint64_t last = 0) {
    ClientSession::Entry entry;
    entry.room = room;
    entry.last = last;
    session.join(++last_ticket, std::move(entry), now_ms);
    look();
    return last_ticket;
  }
  std::uint64_t leave(const std::string& room) {
    session.leave(++last_ticket, room, now_ms);
    look();
    return last_ticket;
  }
  // The oldest frame that was not looked at; "" if there is none.
  std::string next_sent() { return take(sent); }
  template <class T>
  static T take(std::deque<T>& from) {
    if (from.empty()) return T{};
    T first = std::move(from.front());
    from.pop_front();
    return first;
  }

  std::uint64_t last_ticket = 0;

 private:
  void note(FetchToken) { ++fetches; }
  void note(OpenConnection open) {
    EXPECT_FALSE(opening) << "two connections at once";
    opening = std::move(open);
  }
  void note(Transmit frame) { sent.push_back(std::move(frame.bytes)); }
  void note(CloseConnection close) { closing = std::move(close); }
  void note(DropConnection) { ++dropped; }
  void note(Settle settle) { settled.push_back(std::move(settle)); }
  void note(TellMessage message) { messages.push_back(std::move(message)); }
  void note(TellBinary binary) { binaries.push_back(std::move(binary)); }
  void note(TellText text) { texts.push_back(std::move(text.text)); }
  void note(JoinedRoom room) { joined.push_back(std::move(room)); }
  void note(LeftRoom room) { left.push_back(std::move(room)); }
  void note(TellPresence change) { presence.push_back(std::move(change)); }
  void note(ByeAdvice bye) { byes.push_back(std::move(bye)); }
  void note(ClientStatus status) { states.push_back(std::move(status)); }
  void note(TellProblem problem) { problems.push_back(std::move(problem)); }
};

}  // namespace microframe::v1
