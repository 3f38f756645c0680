// microframe connect: an interactive line client.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/commands.hpp"
#include "app/line_reader.hpp"
#include "net/loop.hpp"
#include "net/signals.hpp"
#include "net/tls_context.hpp"
#include "ws/client_connection.hpp"

namespace microframe::app {
namespace {

struct ConnectOptions {
  std::string url;
  std::string token;
  std::string subprotocol;
  bool no_compression = false;
  net::TlsTrust trust;
};

// Lines in, messages out, until either side closes. Exit code 0 for a clean end, 1 for any other.
class LineClient final : private ws::ClientConnection::Events {
 public:
  explicit LineClient(const ConnectOptions& options) {
    ws::ClientConnection::Options connection_options;
    connection_options.token = options.token;
    if (!options.no_compression) {
      // One connection only: its context is worth its memory.
      connection_options.compression.emplace().context_takeover = true;
    }
    if (!options.subprotocol.empty()) connection_options.subprotocols = {options.subprotocol};
    ws::Url url = ws::parse_url(options.url);
    if (url.secure) connection_options.tls = net::TlsContext::client(options.trust);
    loop_.post([this, url = std::move(url), connection_options = std::move(connection_options)] {
      signals_.emplace(loop_, std::vector{SIGINT, SIGTERM}, [this](int) { quit(); });
      connection_.reset(new ws::ClientConnection(loop_, url, connection_options, *this));
    });
  }

  int run() {
    loop_.run();
    return exit_code_;
  }

 private:
  void on_open() override {
    std::fputs("connected; type a message and Enter, Ctrl-D to leave\n", stderr);
    reader_.emplace(
        [this](std::string line) {
          loop_.post([this, line = std::move(line)] {
            if (connection_) connection_->send(ws::Message::text(line));
          });
        },
        [this] { loop_.post([this] { quit(); }); });
  }

  void on_message(const ws::Message& message) override {
    if (message.is_binary()) {
      std::printf("(%zu bytes)\n", message.bytes().size());
    } else {
      std::printf("%.*s\n", static_cast<int>(message.content().size()), message.content().data());
    }
    std::fflush(stdout);
  }

  void on_closed(proto::CloseCode code, std::string_view reason) override {
    const bool clean = code == proto::CloseCode::normal || (leaving_ && code != proto::CloseCode::abnormal);
    if (!clean) {
      std::fprintf(stderr, "closed: %u %.*s\n", static_cast<unsigned>(code), static_cast<int>(reason.size()),
                   reason.data());
    }
    exit_code_ = clean ? 0 : 1;
    signals_.reset();
    loop_.post([this] {
      connection_.reset();
      loop_.stop();
    });
  }

  void quit() {
    leaving_ = true;
    if (connection_) connection_->close();
  }

  net::Loop loop_;
  std::optional<net::Signals> signals_;
  std::unique_ptr<ws::ClientConnection> connection_;
  std::optional<LineReader> reader_;
  bool leaving_ = false;
  int exit_code_ = 1;
};

}  // namespace

void add_connect_command(CLI::App& cli, int& exit_code) {
  auto options = std::make_shared<ConnectOptions>();
  CLI::App* command = cli.add_subcommand(
      "connect",
      "Talk to a WebSocket by lines: standard input to text messages, messages to standard output");
  command->add_option("url", options->url, "ws://host:port/path, or wss:// for TLS")->required();
  command->add_option("--token", options->token, "The access token, sent as Authorization: Bearer");
  command->add_option("--subprotocol", options->subprotocol, "The subprotocol to ask for");
  command->add_flag("--no-compression", options->no_compression, "Do not offer permessage-deflate");
  command->add_option("--ca", options->trust.ca_file,
                      "With wss: PEM of who vouches for the server, in place of whom the system trusts");
  command->add_flag("--insecure", options->trust.insecure, "With wss: take any certificate, anybody's")
      ->excludes("--ca");
  command->callback([options, &exit_code] { exit_code = LineClient(*options).run(); });
}

}  // namespace microframe::app
