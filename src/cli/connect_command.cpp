// microframe connect: an interactive line client.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/line_reader.hpp"
#include "microframe/client.hpp"
#include "net/loop.hpp"
#include "net/signals.hpp"

namespace microframe::cli {
namespace {

struct ConnectOptions {
  std::string url;
  std::string token;
  std::string subprotocol;
  bool session = false;
  bool no_compression = false;
  std::string ca_file;
  bool insecure = false;
};

ClientOptions client_options(const ConnectOptions& options) {
  ClientOptions result;
  result.plain = !options.session;
  result.reconnect = options.session;
  if (!options.token.empty()) result.token = [token = options.token] { return token; };
  if (!options.subprotocol.empty()) result.subprotocols = {options.subprotocol};
  result.compression.enabled = !options.no_compression;
  // One connection only: its context is worth its memory.
  result.compression.context_takeover = true;
  result.ca_file = options.ca_file;
  result.insecure = options.insecure;
  return result;
}

// Lines in, messages out, until either side closes. Exit code 0 for a clean end, 1 for any other.
// The loop of this thread does it all; what the client and the reader tell is posted there.
class LineClient final {
 public:
  explicit LineClient(const ConnectOptions& options)
      : with_session_(options.session), client_(options.url, client_options(options)) {
    client_.on_text([this](const std::string& text) { post([text] { print(text); }); });
    client_.on_message([this](const Json& data) { post([text = line_of(data)] { print(text); }); });
    client_.on_binary([this](std::span<const std::byte> bytes) {
      post([size = bytes.size()] { print("(" + std::to_string(size) + " bytes)"); });
    });
    client_.on_state(
        [this](const ClientStatus& status) { post([this, status] { tell(status); }); });
    post([this] {
      signals_.emplace(loop_, std::vector{SIGINT, SIGTERM}, [this](int) { quit(); });
      client_.connect();
    });
  }

  int run() {
    loop_.run();
    return exit_code_;
  }

 private:
  void post(std::function<void()> what) { loop_.post(std::move(what)); }

  // Text that was sent as text is printed as it was.
  static std::string line_of(const Json& data) {
    const auto* text = data.if_string();
    return text ? std::string(text->data(), text->size()) : to_text(data);
  }
  static void print(const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stdout);  // it may hold zeros
    std::fputc('\n', stdout);
    std::fflush(stdout);
  }

  void tell(const ClientStatus& status) {
    switch (status.state) {
      case ClientState::connecting:
        return;
      case ClientState::open:
        return begin(status);
      case ClientState::reconnecting:
        std::fprintf(stderr, "lost: %u %s; trying again in %lld ms\n", unsigned{status.code},
                     status.reason.c_str(), static_cast<long long>(status.retry.count()));
        return;
      case ClientState::closed:
        return end(status);
    }
  }
  void begin(const ClientStatus& status) {
    if (reader_) {
      std::fputs(status.resumed ? "connected again, nothing is lost\n" : "connected again, anew\n",
                 stderr);
      return;
    }
    std::fputs("connected; type a message and Enter, Ctrl-D to leave\n", stderr);
    reader_.emplace(
        [this](std::string line) { post([this, line = std::move(line)] { send(line); }); },
        [this] { post([this] { end_of_input(); }); });
  }
  void send(const std::string& line) {
    ++unanswered_;
    client_.send_text(line).then(
        [this](const Json& reply) {
          post([this, reply] { answered(reply.is_null() ? std::string() : line_of(reply)); });
        },
        [this](const ClientError& error) {
          post([this, code = error.code(), what = std::string(error.what())] {
            if (with_session_)
              std::fprintf(stderr, "not sent: %s: %s\n", code.c_str(), what.c_str());
            answered({});
          });
        });
  }
  void answered(const std::string& reply) {
    if (!reply.empty()) print(reply);
    --unanswered_;
    if (input_ended_ && unanswered_ == 0) quit();
  }
  void end_of_input() {
    input_ended_ = true;
    if (unanswered_ == 0) quit();
  }
  void quit() {
    leaving_ = true;
    client_.close();
  }
  void end(const ClientStatus& status) {
    constexpr unsigned kNormal = 1000;
    constexpr unsigned kAbnormal = 1006;
    const bool clean = status.code == kNormal || (leaving_ && status.code != kAbnormal);
    if (!clean)
      std::fprintf(stderr, "closed: %u %s\n", unsigned{status.code}, status.reason.c_str());
    exit_code_ = clean ? 0 : 1;
    signals_.reset();
    loop_.stop();
  }

  const bool with_session_;
  net::Loop loop_;
  std::optional<net::Signals> signals_;
  std::optional<LineReader> reader_;
  std::size_t unanswered_ = 0;
  bool input_ended_ = false;
  bool leaving_ = false;
  int exit_code_ = 1;
  Client client_;  // the last, because what it tells is posted to the loop
};

}  // namespace

void add_connect_command(CLI::App& cli, int& exit_code) {
  auto options = std::make_shared<ConnectOptions>();
  CLI::App* command = cli.add_subcommand(
      "connect",
      "Talk to a WebSocket by lines: standard input to text messages, messages to standard output");
  command->add_option("url", options->url, "ws://host:port/path, or wss:// for TLS")->required();
  command->add_option("--token", options->token, "The access token, sent as Authorization: Bearer");
  CLI::Option* session =
      command->add_flag("--session", options->session,
                        "Speak microframe.v1: lines are acknowledged, replies printed, "
                        "and a lost connection is come back from");
  command->add_option("--subprotocol", options->subprotocol, "The subprotocol to ask for")
      ->excludes(session);
  command->add_flag("--no-compression", options->no_compression, "Do not offer permessage-deflate");
  command->add_option(
      "--ca", options->ca_file,
      "With wss: PEM of who vouches for the server, in place of whom the system trusts");
  command->add_flag("--insecure", options->insecure, "With wss: take any certificate, anybody's")
      ->excludes("--ca");
  command->callback([options, &exit_code] { exit_code = LineClient(*options).run(); });
}

}  // namespace microframe::cli
