#include "faults/flows.hpp"

#include <iterator>
#include <vector>

namespace test {
namespace {

using namespace std::string_literals;

// --- opening ---

void by(const Stage& stage, const std::string& target, const std::string& fields) {
  Talk made = stage.connect();
  made.raw.send(upgrade_request(target, fields));
  if (made.status() != 101) throw Ended();
  made.ask(R"({"do":"nothing"})");
}

void handshake_by_query(const Stage& stage) {
  by(stage, "/ws?token=" + stage.token("alice"), {});
}
void handshake_by_cookie(const Stage& stage) {
  by(stage, "/ws",
     "Cookie: access_token=" + stage.token("alice") + "\r\nOrigin: http://app.example\r\n");
}
void handshake_by_subprotocol(const Stage& stage) {
  by(stage, "/ws", "Sec-WebSocket-Protocol: chat, token." + stage.token("alice") + "\r\n");
}
void handshake_by_bearer(const Stage& stage) {
  by(stage, "/ws", "Authorization: Bearer " + stage.token("alice") + "\r\n");
}

void handshake_in_pieces(const Stage& stage) {
  Talk made = stage.connect();
  const std::string request = stage.request("alice") + frame(0x81, R"({"do":"early"})");
  for (std::size_t i = 0; i < 3; ++i) {
    made.raw.send(request.substr(i * request.size() / 3,
                                 (i + 1) * request.size() / 3 - i * request.size() / 3));
  }
  if (made.status() != 101) throw Ended();
  made.hear("done");
}

void early_frames(const Stage& stage) {
  Talk made = stage.connect();
  made.raw.send(stage.request("alice") + frame(0x81, R"({"do":"early"})") + frame(0x89, "ping"));
  if (made.status() != 101) throw Ended();
  made.hear("done");
}

void user_is_looked_up(const Stage& stage) {
  Talk made = stage.connect();
  made.raw.send(stage.request("alice", "/users") + frame(0x81, R"({"early":1})"));
  if (made.status() != 101) throw Ended();
  made.hear("done");
}

void user_is_unknown(const Stage& stage) {
  stage.enter("nobody", "/users").close_code();
}

void user_store_fails(const Stage& stage) {
  Talk made = stage.connect();
  made.raw.send(stage.request("broken", "/users"));
  made.status();
  made.raw.at_end();
}

void refused_token(const Stage& stage) {
  Talk made = stage.connect();
  made.raw.send(upgrade_request("/ws?token=bad"));
  made.status();
  made.close_code();
}

void answered(const Stage& stage, const std::string& request) {
  Talk made = stage.connect();
  made.raw.send(request);
  made.status();
  made.raw.at_end();
}

void refused_by_http(const Stage& stage) {
  answered(stage, upgrade_request("/http?token=bad"));
}
void forbidden_origin(const Stage& stage) {
  answered(stage, upgrade_request("/ws", "Cookie: access_token=" + stage.token("a") +
                                             "\r\nOrigin: https://evil\r\n"));
}
void a_page(const Stage& stage) {
  answered(stage, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
}
void the_metrics(const Stage& stage) {
  answered(stage, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
}
void not_found(const Stage& stage) {
  answered(stage, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
}
void bad_request(const Stage& stage) {
  answered(stage, "BREW\r\n\r\n");
}
void head_too_large(const Stage& stage) {
  answered(stage, "GET /" + std::string(20'000, 'x'));
}

// --- messages ---

void echo(const Stage& stage) {
  stage.enter("alice", "/echo").ask(R"({"n":1})");
}
void raw_messages(const Stage& stage) {
  stage.enter("alice", "/raw").ask("any text at all");
}

void echo_binary(const Stage& stage) {
  Talk made = stage.enter("alice", "/echo");
  made.raw.send(frame(0x82, std::string(300, '\xFF')));
  made.hear("done");
}

void fragmented(const Stage& stage) {
  Talk made = stage.enter("alice", "/echo");
  made.raw.send(frame(0x01, R"({"n":)") + frame(0x89, "between"));
  made.raw.send(frame(0x00, "1234567") + frame(0x80, "}"));
  made.hear("done");
}

void large_message(const Stage& stage) {
  Talk made = stage.enter("alice", "/echo");
  made.ask(R"({"n":")" + std::string(400'000, 'x') + "\"}");
}

void pings(const Stage& stage) {
  Talk made = stage.enter("alice");
  for (int i = 0; i < 3; ++i) made.raw.send(frame(0x89, "ping"));
  if (made.raw.read_frame().payload != "ping") throw Ended();
}

void bad_json(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.say("{not json");
  made.hear("invalid_json");
  made.say(R"({"do":5})");
  made.hear("bad_message");
}

void too_many_messages(const Stage& stage) {
  Talk made = stage.enter("alice", "/raw");
  std::string all;
  for (int i = 0; i < 60; ++i) all += frame(0x81, "x");
  made.raw.send(all);
  made.close_code();
}

// --- coroutines ---

void waiting_hooks(const Stage& stage) {
  Talk made = stage.enter("alice", "/waits");
  made.hear("welcome");
  made.ask(R"({"n":1})");
}

void messages_queued_behind_a_hook(const Stage& stage) {
  Talk made = stage.enter("alice", "/waits");
  for (int i = 0; i < 3; ++i) made.say(R"({"n":1})");
  for (int i = 0; i < 3; ++i) made.hear("done");
}

void close_behind_a_hook(const Stage& stage) {
  Talk made = stage.enter("alice", "/waits");
  for (int i = 0; i < 3; ++i) made.say(R"({"n":1})");
  made.raw.send_close();
  made.close_code();
}

void gone_behind_a_hook(const Stage& stage) {
  Talk made = stage.enter("alice", "/waits");
  made.say(R"({"n":1})");
  made.raw.reset();
}

// --- rooms and users ---

void join_and_leave(const Stage& stage) {
  Talk made = stage.enter("alice");
  for (const char* verb : {"join", "leave", "join", "join_user", "leave_user", "join"}) {
    made.ask(R"({"do":")"s + verb + "\"}");
  }
}

// Several members, so that some are on the other loop. Whoever has joined receives the message,
// or learns of the loss from the end of the stream.
void with_crowd(const Stage& stage, const char* verb, bool others_join) {
  Talk alice = stage.enter("alice");
  std::vector<Talk> crowd;
  for (const char* user : {"bea", "cid", "dan", "eve"}) {
    crowd.push_back(stage.enter(user));
    if (others_join) {
      crowd.back().ask(R"({"do":"nothing"})");
      alice.ask(R"({"do":"join_user","to":")"s + user + "\"}");
    } else {
      crowd.back().ask(R"({"do":"join"})");
    }
  }
  alice.ask(R"({"do":"join"})");
  alice.ask(R"({"do":")"s + verb + R"(","to":"bea"})");
  for (Talk& one : crowd) {
    try {
      one.hear("said");
    } catch (const Ended&) {  // this member was dropped; the others must receive it
    }
    if (verb == "user"s) break;
  }
}

void room_broadcast(const Stage& stage) {
  with_crowd(stage, "room", false);
}
void broadcast(const Stage& stage) {
  with_crowd(stage, "all", false);
}
void private_message(const Stage& stage) {
  with_crowd(stage, "user", false);
}
void joined_by_another(const Stage& stage) {
  with_crowd(stage, "room", true);
}

void leave_by_another(const Stage& stage) {
  Talk alice = stage.enter("alice");
  Talk bea = stage.enter("bea");
  Talk cid = stage.enter("cid");
  for (Talk* one : {&bea, &cid}) one->ask(R"({"do":"join"})");
  alice.ask(R"({"do":"leave_user","to":"bea"})");
  alice.ask(R"({"do":"leave_user","to":"cid"})");
  for (Talk* one : {&bea, &cid}) one->ask(R"({"do":"join"})");
}

void replaced_device(const Stage& stage) {
  Talk first = stage.enter("alice");
  Talk second = stage.enter("alice");
  first.ask(R"({"do":"nothing"})");
  second.ask(R"({"do":"many"})");
  Talk third = stage.enter("alice");
  third.ask(R"({"do":"nothing"})");
  first.close_code();
}

// --- the end ---

void client_closes(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.ask(R"({"do":"join"})");
  made.raw.send_close(1001);
  made.close_code();
}

void server_closes(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.say(R"({"do":"close"})");
  made.close_code();
}

void hook_throws(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.say(R"({"do":"throw"})");
  made.close_code();
}

void protocol_error(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.raw.send(frame(0x83, ""));
  made.close_code();
}

void text_that_is_none(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.raw.send(frame(0x81, "\xFF"));
  made.close_code();
}

void peer_resets(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.ask(R"({"do":"join"})");
  made.raw.send("\x81"s);
  made.raw.reset();
}

void slow_peer(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.say(R"({"do":"flood"})");
  made.hear("done");  // or the connection was cut before, on a fast machine
}

// A token that expires in less than a second: the deadline of the connection comes due.
void expiry(const Stage& stage) {
  Talk made = stage.enter("alice");
  made.say(R"({"do":"token","token":")" + stage.token("alice", std::chrono::seconds(1)) + "\"}");
  made.close_code();
}

constexpr Flow kFlows[] = {
    {"handshake_by_query", handshake_by_query},
    {"handshake_by_cookie", handshake_by_cookie},
    {"handshake_by_subprotocol", handshake_by_subprotocol},
    {"handshake_by_bearer", handshake_by_bearer},
    {"handshake_in_pieces", handshake_in_pieces},
    {"early_frames", early_frames},
    {"user_is_looked_up", user_is_looked_up},
    {"user_is_unknown", user_is_unknown},
    {"user_store_fails", user_store_fails},
    {"refused_token", refused_token},
    {"refused_by_http", refused_by_http},
    {"forbidden_origin", forbidden_origin},
    {"a_page", a_page},
    {"the_metrics", the_metrics},
    {"not_found", not_found},
    {"bad_request", bad_request},
    {"head_too_large", head_too_large},
    {"echo", echo},
    {"raw_messages", raw_messages},
    {"echo_binary", echo_binary},
    {"fragmented", fragmented},
    {"large_message", large_message},
    {"pings", pings},
    {"bad_json", bad_json},
    {"too_many_messages", too_many_messages},
    {"waiting_hooks", waiting_hooks},
    {"messages_queued_behind_a_hook", messages_queued_behind_a_hook},
    {"close_behind_a_hook", close_behind_a_hook},
    {"gone_behind_a_hook", gone_behind_a_hook},
    {"join_and_leave", join_and_leave},
    {"room_broadcast", room_broadcast},
    {"broadcast", broadcast},
    {"private_message", private_message},
    {"joined_by_another", joined_by_another},
    {"leave_by_another", leave_by_another},
    {"replaced_device", replaced_device},
    {"client_closes", client_closes},
    {"server_closes", server_closes},
    {"hook_throws", hook_throws},
    {"protocol_error", protocol_error},
    {"text_that_is_none", text_that_is_none},
    {"peer_resets", peer_resets},
    {"slow_peer", slow_peer, true},
    {"expiry", expiry, true},
};

}  // namespace

std::span<const Flow> flows() {
  return kFlows;
}

}  // namespace test
