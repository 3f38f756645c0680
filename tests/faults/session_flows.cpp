// Flows of microframe.v1 (docs/protocol.md).

#include <boost/json/parse.hpp>
#include <iterator>

#include "faults/flows.hpp"

namespace test {
namespace {

using namespace std::string_literals;

// A client with a session, new or the one that `resume` names.
class Client {
 public:
  explicit Client(const Stage& stage, std::string_view user = "alice",
                  const std::string& resume = {}, const std::string& fields = {})
      : talk(stage.connect()) {
    talk.raw.send(upgrade_request("/sessions", "Sec-WebSocket-Protocol: microframe.v1, token." +
                                                   stage.token(user) + resume + "\r\n" + fields));
    if (talk.status() != 101) throw Ended();
    welcome_ = boost::json::parse(talk.hear("welcome"));
  }

  // The offer to resume this session, of which so many frames have come.
  std::string offer(unsigned received) const {
    return ", resume." + microframe::text(welcome_, "session") + "." +
           microframe::text(welcome_, "secret") + "." + std::to_string(received);
  }
  bool resumed() const { return welcome_.at("resumed").as_bool(); }
  // Makes the endpoint do something, and waits for its confirmation.
  void ask(unsigned id, const std::string& verb) {
    talk.say(R"({"t":"message","id":)" + std::to_string(id) + R"(,"data":{"do":")" + verb +
             R"("}})");
    talk.hear(R"("done":")" + verb);
  }
  void join(unsigned id, const std::string& more = {}) {
    talk.say(R"({"t":"join","room":"kept","id":)" + std::to_string(id) + more + "}");
    talk.hear("joined");
  }

  Talk talk;

 private:
  microframe::Json welcome_;
};

void session_begins(const Stage& stage) {
  Client alice(stage);
  alice.ask(1, "nothing");
  alice.talk.say(R"({"t":"received","n":1})");
  alice.talk.say(R"({"t":"ping"})");
  alice.talk.hear("pong");
  alice.talk.raw.send_close();
  alice.talk.close_code();
}

void session_frames_that_are_bad(const Stage& stage) {
  Client alice(stage);
  alice.talk.say("{not json");
  alice.talk.hear("invalid_json");
  alice.talk.say(R"({"t":"join","id":1})");
  alice.talk.hear("bad_frame");
  alice.talk.say(R"({"t":"join","id":2,"room":"closed"})");
  alice.talk.hear("forbidden");
  alice.talk.say(R"({"t":"leave","id":3,"room":"kept"})");
  alice.talk.hear("not_in_room");
  alice.talk.say(R"({"t":"message","id":4,"data":5})");
  alice.talk.hear("bad_message");
}

void session_in_a_room(const Stage& stage) {
  Client alice(stage);
  alice.join(1);
  alice.ask(2, "room");
  alice.ask(3, "away");
  alice.talk.say(R"({"t":"leave","room":"kept","id":4})");
  alice.talk.hear("left");
  alice.join(5, R"(,"last":5)");
}

// Several clients, some of them on the other loop.
void sessions_see_each_other(const Stage& stage) {
  Client alice(stage);
  alice.join(1);
  Client bea(stage, "bea");
  bea.join(1);
  Client cid(stage, "cid");
  cid.join(1);
  alice.ask(2, "room");
  for (Client* one : {&bea, &cid}) {
    try {
      one->talk.hear("done");
    } catch (const Ended&) {  // this client was dropped; the other must receive it
    }
  }
}

void session_is_asked(const Stage& stage) {
  Client alice(stage);
  alice.talk.say(R"({"t":"message","id":1,"data":{"do":"ask"}})");
  alice.talk.hear(R"("t":"message","id":1)");
  alice.talk.say(R"({"t":"ack","id":1,"data":"yes"})");
  alice.talk.hear("status");
}

void session_is_asked_in_vain(const Stage& stage) {
  Client alice(stage);
  alice.talk.say(R"({"t":"message","id":1,"data":{"do":"ask"}})");
  alice.talk.hear("status");
}

void session_of_binary(const Stage& stage) {
  Client alice(stage);
  alice.talk.raw.send(frame(0x82, "\1\0\0\0\0\0\0\0\1\0bytes"s));
  alice.talk.hear("bytes");
  alice.talk.raw.send(frame(0x82, "short"));
  alice.talk.hear("bad_frame");
}

void session_takes_a_token(const Stage& stage) {
  Client alice(stage);
  alice.talk.say(R"({"t":"refresh","id":1,"token":")" + stage.token("alice") + "\"}");
  alice.talk.hear("ack");
  alice.talk.say(R"({"t":"refresh","id":2,"token":"bad"})");
  alice.talk.hear("bad_token");
}

// Frames that were lost are sent again, and the room is as before.
void session_goes_on(const Stage& stage) {
  Client alice(stage);
  alice.join(1);
  alice.talk.raw.reset();
  Client again(stage, "alice", alice.offer(0));
  if (again.resumed()) again.talk.hear("joined");
  again.ask(2, "room");
}

// Each stream holds a compressor and an inflater.
void session_goes_on_compressed(const Stage& stage) {
  const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  Client alice(stage, "alice", {}, offer);
  alice.talk.raw.reset();
  Client again(stage, "alice", alice.offer(0), offer);
  again.ask(1, "nothing");
}

void session_goes_on_while_it_is_open(const Stage& stage) {
  Client alice(stage);
  alice.join(1);
  Client again(stage, "alice", alice.offer(1));
  alice.talk.close_code();
  again.ask(2, "nothing");
}

void session_goes_on_behind_a_hook(const Stage& stage) {
  Client alice(stage);
  alice.talk.say(R"({"t":"message","id":1,"data":{"do":"ask"}})");
  alice.talk.hear("done");
  Client again(stage, "alice", alice.offer(0));
  // returns: the reply, or the error that the hook failed; not the server's question.
  if (again.resumed()) {
    while (again.talk.hear(R"("id":1)").find(R"("t":"message")") != std::string::npos) {
    }
  }
}

void session_cannot_go_on(const Stage& stage) {
  Client alice(stage);
  Client again(stage, "alice", alice.offer(99));
  again.ask(1, "nothing");
  alice.talk.close_code();
}

void session_expires(const Stage& stage) {
  Client alice(stage);
  alice.join(1);
  alice.talk.raw.reset();
}

void session_is_closed(const Stage& stage) {
  Client alice(stage);
  alice.join(1);
  alice.talk.say(R"({"t":"message","id":2,"data":{"do":"close"}})");
  alice.talk.close_code();
}

void session_whose_hook_throws(const Stage& stage) {
  Client alice(stage);
  alice.join(1);
  alice.talk.say(R"({"t":"message","id":2,"data":{"do":"throw"}})");
  alice.talk.close_code();
}

constexpr Flow kSessionFlows[] = {
    {"session_begins", session_begins},
    {"session_frames_that_are_bad", session_frames_that_are_bad},
    {"session_in_a_room", session_in_a_room},
    {"sessions_see_each_other", sessions_see_each_other},
    {"session_is_asked", session_is_asked},
    {"session_is_asked_in_vain", session_is_asked_in_vain},
    {"session_of_binary", session_of_binary},
    {"session_takes_a_token", session_takes_a_token},
    {"session_goes_on", session_goes_on},
    {"session_goes_on_compressed", session_goes_on_compressed},
    {"session_goes_on_while_it_is_open", session_goes_on_while_it_is_open},
    {"session_goes_on_behind_a_hook", session_goes_on_behind_a_hook},
    {"session_cannot_go_on", session_cannot_go_on},
    {"session_expires", session_expires},
    {"session_is_closed", session_is_closed},
    {"session_whose_hook_throws", session_whose_hook_throws},
};

}  // namespace

std::span<const Flow> session_flows() {
  return kSessionFlows;
}

}  // namespace test
