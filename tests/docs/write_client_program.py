#!/usr/bin/env python3
"""Writes a program that runs the C++ blocks of docs/how-to/cpp-client.md against a server of its own.

Usage: write_client_program.py ROOT OUTPUT
check_snippets.py compiles the blocks as they stand. Here only the addresses in them are others.
"""
import os
import re
import sys

BLOCK = re.compile(r"<!-- snippet: (\w+) -->\n```cpp\n(.*?)```", re.S)
URLS = {'"wss://chat.example/ws/chat"': "url_of(\"/chat\")", '"ws://127.0.0.1:9000/"': "url_of(\"/plain\")"}
PROGRAM = r"""// Written by tests/docs/write_client_program.py.
#include <microframe/microframe.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <thread>

using namespace microframe;

const authx::AuthConfig program_auth{std::string(32, 's')};
std::uint16_t program_port = 0;
std::atomic<int> answered{0};
std::atomic<int> chatted{0};
std::atomic<int> plain_messages{0};

std::string fetch_token() { return authx::create_access_token(program_auth, "alice"); }
std::string url_of(const std::string& path) {
  return "ws://127.0.0.1:" + std::to_string(program_port) + path + "?token=" + fetch_token();
}
Json look_up(const Json& asked) { return {{"found", asked}}; }
void wait_for(const char* what, const std::atomic<int>& count, int at_least) {
  for (int i = 0; i < 1000 && count < at_least; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (count >= at_least) return;
  std::printf("waited in vain: %s\n", what);
  std::exit(1);
}

class Chat : public ws::ChatBase {
 public:
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string&) { return true; }
  Task<Json> on_message(ws::WebSocket& socket, const ws::UserId&, const Json& message) {
    if (message.at("type") == "count") {
      Json count = 7;
      co_return count;
    }
    ++chatted;
    Json question = {{"long enough for the heap", std::string(100, 'q')}};
    auto asked = send_acked(socket, question, std::chrono::seconds(10));
    const ws::Ack answer = co_await asked;
    if (answer.data.is_object() && answer.data.at("found") == question) ++answered;
    co_return nullptr;
  }
};
class Plain : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    if (message.content() == "hello") ++plain_messages;
    socket.send(message);
  }
};

void run_client() {
%(client)s
  client.send({{"type", "chat"}});  // once more: the last handler is set by now
  wait_for("the server's question is answered", answered, 1);
}
Task<> run_replies(Client& client) {
%(client_replies)s
  if (count != 7 || other != 7) std::exit(2);
}
void run_many(const std::vector<std::string>& urls) {
%(client_many)s
  for (Client& client : clients) {
    for (int i = 0; i < 1000 && client.state() != ClientState::open; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (client.state() != ClientState::open) std::exit(3);
  }
}
void run_plain() {
%(client_plain)s
  wait_for("a plain server hears the message", plain_messages, 1);
}

int main() {
  Application app;
  app.route<Chat>("/chat", program_auth);
  app.route<Plain>("/plain", program_auth);
  app.start("127.0.0.1:0");
  program_port = app.port();
  run_client();
  ClientOptions options;
  options.token = [] { return fetch_token(); };
  Client client(url_of("/chat"), options);
  client.connect();
  sync_wait(run_replies(client));
  run_many({url_of("/plain"), url_of("/plain")});
  run_plain();
  app.stop();
  app.wait();
}
"""


def main():
    root, output = sys.argv[1:]
    with open(os.path.join(root, "docs/how-to/cpp-client.md"), encoding="utf-8") as file:
        blocks = BLOCK.findall(file.read())
    joined = {}
    for kind, code in blocks:
        joined[kind] = joined.get(kind, "") + code
    program = PROGRAM
    for kind, code in joined.items():
        program = program.replace(f"%({kind})s\n", code)
    for old, new in URLS.items():
        program = program.replace(old, new)
    with open(output, "w", encoding="utf-8") as file:
        file.write(program)


if __name__ == "__main__":
    main()
