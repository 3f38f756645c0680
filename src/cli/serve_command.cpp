// microframe serve: the ready chat server.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/demo_login.hpp"
#include "cli/duration.hpp"
#include "cli/ready_chat.hpp"
#include "cli/secret.hpp"
#include "embedded/account_js.hpp"
#include "embedded/chat_js.hpp"
#include "embedded/conversation_js.hpp"
#include "embedded/elements_js.hpp"
#include "embedded/index_html.hpp"
#include "embedded/microframe_js.hpp"
#include "embedded/style_css.hpp"
#include "microframe/application.hpp"

namespace microframe::cli {
namespace {

constexpr int kMessageBytesMax = 1 << 30;

struct ServeOptions {
  std::string listen = "127.0.0.1:8000";
  std::string mode;
  std::string admin;
  std::string secret;
  std::string jwks;
  std::string issuer;
  std::string audience;
  std::string leeway;
  bool type_optional = false;
  std::vector<std::string> origins;
  bool cookie_without_origin = false;
  std::size_t threads = 0;
  bool bench = false;
  bool demo = false;
  std::size_t coalesce_ms = 0;
  std::optional<std::size_t> message_bytes_max;
  std::vector<std::string> trusted_proxies;
  bool proxy_protocol = false;
  bool no_compression = false;
  bool context_takeover = false;
  std::vector<std::string> tls_certs;
  std::vector<std::string> tls_keys;
  std::string tls_client_ca;
  std::string broker;
  std::string broker_prefix;
  std::string node;
  std::string log_level = "info";
  std::string log_format = "text";
};

// Each message back, unchanged.
class Echo : public ws::BaseWebSocket {
 public:
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    socket.send(message);
  }
};

// Each message, unchanged, to everyone connected, the sender too.
class Relay : public ws::ChatBase {
 public:
  void on_message(ws::WebSocket&, const ws::UserId&, const ws::Message& message) {
    broadcast(message);
  }
};

// The same by a room that everyone is in.
class RoomRelay : public ws::ChatBase {
 public:
  static constexpr char kRoom[] = "everyone";
  static constexpr char kKeptRoom[] = "kept";
  explicit RoomRelay(std::string room) : room_(std::move(room)) {}
  void on_connect(ws::WebSocket& socket, const ws::UserId&) { join_room(socket, room_); }
  void on_message(ws::WebSocket&, const ws::UserId&, const ws::Message& message) {
    broadcast_to_room(room_, message);
  }

 private:
  const std::string room_;
};

// Each message, unchanged, to the rooms that its sender has joined, by microframe.v1.
class JoinedRelay : public ws::ChatBase {
 public:
  bool can_join(ws::WebSocket&, const ws::UserId&, const std::string&) { return true; }
  void on_message(ws::WebSocket& socket, const ws::UserId&, const ws::Message& message) {
    for (const std::string& room : socket.rooms()) broadcast_to_room(room, message);
  }
};

// Before the rooms of the ready chat, whose options are for all others.
void add_bench_rooms(Application& app, std::chrono::milliseconds window) {
  app.rooms(RoomRelay::kRoom, RoomOptions().coalesce(window));
  app.rooms(RoomRelay::kKeptRoom, ReadyChat::room_options().presence(false).coalesce(window));
}

void add_bench_routes(Application& app, const authx::AuthConfig& auth, const ServeOptions& options,
                      Limits& limits) {
  limits.messages_per_second = 0;
  limits.bytes_per_second = 0;
  limits.connections_per_address_max = 0;
  limits.handshakes_per_second = 0;
  limits.handshakes_per_address_per_second = 0;
  limits.handshakes_per_user_per_second = 0;
  limits.devices_per_user_max = limits.connections_max;
  // Conformance suites send messages of 16 MiB, in fragments of 64 bytes too, and the next before
  // they have read the last.
  constexpr std::size_t kSuiteBytesMax = 16 * 1024 * 1024;
  limits.message_bytes_max = options.message_bytes_max.value_or(kSuiteBytesMax);
  limits.outbox_bytes_max = 4 * limits.message_bytes_max;
  limits.fragments_max = std::max(limits.message_bytes_max / 64, std::size_t{1024});
  app.route<Echo>("/ws/echo", auth);
  app.route<Relay>("/ws/relay", auth);
  app.route<RoomRelay>("/ws/room", auth, RoomRelay::kRoom);
  app.route<RoomRelay>("/ws/kept", auth, RoomRelay::kKeptRoom);
  app.route<JoinedRelay>("/ws/joined", auth);
  std::fputs(
      "bench: /ws/echo, /ws/relay, /ws/room, /ws/kept and /ws/joined are open to every valid "
      "token; "
      "no limit of the rate of messages, bytes or handshakes, of connections an address or of "
      "devices a user; messages of 16 MiB unless --max-message says otherwise\n",
      stderr);
}

void add_tls(Application& app, const ServeOptions& options) {
  if (options.tls_certs.size() != options.tls_keys.size())
    throw ConfigError("each --tls-cert FILE needs its --tls-key FILE, in the same order");
  if (options.tls_certs.empty()) {
    if (!options.tls_client_ca.empty())
      throw ConfigError(
          "--tls-client-ca asks clients for certificates, which takes --tls-cert and --tls-key");
    return;
  }
  TlsOptions tls(options.tls_certs.front(), options.tls_keys.front());
  for (std::size_t i = 1; i < options.tls_certs.size(); ++i)
    tls.add(options.tls_certs[i], options.tls_keys[i]);
  if (!options.tls_client_ca.empty()) tls.client_certificates(options.tls_client_ca);
  app.tls(tls);
}

void add_cluster(Application& app, const ServeOptions& options) {
  if (options.broker.empty()) {
    if (!options.node.empty())
      throw ConfigError("--node is the name of a node of a cluster, which has a --broker");
    return;
  }
  RedisBroker broker(options.broker);
  if (!options.broker_prefix.empty()) broker.prefix(options.broker_prefix);
  app.cluster(broker, ClusterOptions().node(options.node));
}

// No site may frame the page, and the page loads from, and connects to, its own site only.
// demo: the page asks for a name in place of a token.
void add_chat_page(Application& app, bool demo) {
  std::string index(embedded::index_html);
  constexpr std::string_view kAsksForToken = "data-login=\"token\"";
  if (demo) index.replace(index.find(kAsksForToken), kAsksForToken.size(), "data-login=\"name\"");
  const PageFields fields = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
       "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Frame-Options", "DENY"},
  };
  app.page("/", "text/html; charset=utf-8", index, fields);
  app.page("/style.css", "text/css; charset=utf-8", embedded::style_css, fields);
  const std::pair<const char*, std::string_view> scripts[] = {
      {"/account.js", embedded::account_js},
      {"/chat.js", embedded::chat_js},
      {"/conversation.js", embedded::conversation_js},
      {"/elements.js", embedded::elements_js},
      {"/microframe.js", embedded::microframe_js}};
  for (const auto& [path, body] : scripts)
    app.page(path, "text/javascript; charset=utf-8", body, fields);
}

authx::AuthConfig auth_keys(const ServeOptions& options) {
  std::optional<std::string> audience;
  if (!options.audience.empty()) audience = options.audience;
  if (options.jwks.empty()) {
    const bool has_none =
        options.demo && options.secret.empty() && !std::getenv("MICROFRAME_SECRET");
    authx::AuthConfig auth(has_none ? random_secret() : secret_or_env(options.secret));
    if (!options.issuer.empty()) auth.issuer = options.issuer;
    auth.audience = audience;
    return auth;
  }
  auto source = authx::JwksSource(options.jwks).issuer(options.issuer);
  // The audience tells access tokens from others where their issuer sets no `type`.
  if (audience) source.type_optional();
  authx::AuthConfig auth = authx::AuthConfig::jwks(std::move(source));
  auth.audience = audience;
  return auth;
}

authx::AuthConfig auth_config(const ServeOptions& options) {
  authx::AuthConfig auth = auth_keys(options);
  auth.type_required = !options.type_optional;
  if (!options.leeway.empty()) auth.leeway = parse_duration(options.leeway);
  auth.allowed_origins = options.origins;
  auth.cookie_without_origin = options.cookie_without_origin;
  return auth;
}

std::string listen_address(const ServeOptions& options) {
  if (options.mode.empty()) return options.listen;
  if (!options.listen.starts_with("unix:") || options.listen.find('?') != std::string::npos)
    throw ConfigError("--mode is for --listen unix:/PATH, such as --mode 0660");
  return options.listen + "?mode=" + options.mode;
}

LogLevel log_level(std::string_view name) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (to_string(level) == name) return level;
  }
  return LogLevel::off;
}

int serve(const ServeOptions& options) {
  const authx::AuthConfig auth = auth_config(options);
  Limits limits;
  limits.message_bytes_max = options.message_bytes_max.value_or(limits.message_bytes_max);
  Application app;
  app.log(log_level(options.log_level),
          options.log_format == "json" ? LogFormat::json : LogFormat::text);
  app.route<ReadyChat>("/ws/chat", auth);
  const std::chrono::milliseconds window(options.coalesce_ms);
  if (options.bench) add_bench_rooms(app, window);
  app.rooms("*", ReadyChat::room_options().coalesce(window));
  add_chat_page(app, options.demo);
  if (options.demo) add_demo_login(app, auth, options.listen);
  if (options.bench) add_bench_routes(app, auth, options, limits);
  if (options.threads != 0) app.threads(options.threads);
  app.trusted_proxies(TrustedProxies(options.trusted_proxies, options.proxy_protocol
                                                                  ? ProxyForm::proxy_protocol
                                                                  : ProxyForm::x_forwarded_for));
  Compression compression;
  compression.enabled = !options.no_compression;
  compression.context_takeover = options.context_takeover;
  app.limits(limits).compression(compression);
  add_tls(app, options);
  add_cluster(app, options);
  if (!options.admin.empty()) app.admin(options.admin);
  return app.run(listen_address(options));
}

void add_listen_options(CLI::App& command, ServeOptions& options) {
  command
      .add_option("--listen", options.listen,
                  "ADDR:PORT, :PORT for every interface, unix:/PATH, unix:@NAME (abstract), or "
                  "systemd for socket activation")
      ->capture_default_str();
  command.add_option("--mode", options.mode,
                     "With unix:/PATH: the permissions of the socket's file, such as 0660");
  command.add_option(
      "--admin", options.admin,
      "Where /metrics, /healthz and /readyz are answered, in the forms of --listen, or "
      "public: where everything is; default: nowhere");
  command
      .add_option("--threads", options.threads, "Event loops, each a thread; default: the cores")
      ->check(CLI::Range(1, 1024));
}

void add_token_options(CLI::App& command, ServeOptions& options) {
  CLI::Option* secret =
      command.add_option("--secret", options.secret,
                         "What tokens are signed with (HS256, at least 32 bytes); better: "
                         "MICROFRAME_SECRET in the environment");
  CLI::Option* issuer =
      command.add_option("--issuer", options.issuer, "What a token's iss must be");
  command.add_option("--audience", options.audience, "What a token's aud must be, or hold");
  command
      .add_option("--jwks", options.jwks,
                  "URL of the issuer's public keys (https), in place of a secret; wants --issuer")
      ->needs(issuer)
      ->excludes(secret);
  command
      .add_flag(
          "--demo", options.demo,
          "Give a token to whoever asks for one: the page asks for a name. On loopback alone; "
          "without a secret, one is made")
      ->excludes("--jwks");
  command.add_option("--leeway", options.leeway,
                     "How far the clocks of issuers may differ from ours (30s, at most 1h)");
  command
      .add_flag("--type-optional", options.type_optional,
                "Take tokens without the claim type for access tokens: for a secret that signs "
                "nothing else")
      ->excludes("--jwks");
  command
      .add_option("--origin", options.origins,
                  "An origin whose pages may use the cookie (https://app.example); may be given "
                  "again; default: the server's own")
      ->allow_extra_args(false);
  command.add_flag("--cookie-without-origin", options.cookie_without_origin,
                   "Accept the cookie without an Origin too, as native clients send it");
}

void add_proxy_options(CLI::App& command, ServeOptions& options) {
  command
      .add_option(
          "--trusted-proxy", options.trusted_proxies,
          "A proxy's address or network (10.0.0.0/8, ::1, unix) whose X-Forwarded-For names the "
          "client; may be given again")
      ->allow_extra_args(false);
  command.add_flag(
      "--proxy-protocol", options.proxy_protocol,
      "Each connection comes from a trusted proxy, and begins with a PROXY header (v1 or v2) "
      "that names the client");
}

void add_message_options(CLI::App& command, ServeOptions& options) {
  using Units = std::map<std::string, std::size_t>;
  command
      .add_option(
          "--coalesce", options.coalesce_ms,
          "A room's messages wait so long at most (2ms, up to 1s), to leave together; default: not "
          "at all")
      ->transform(CLI::AsNumberWithUnit(Units{{"ms", 1}, {"s", 1000}},
                                        CLI::AsNumberWithUnit::UNIT_REQUIRED))
      ->check(CLI::Range(0, 1000));
  command.add_flag(
      "--bench", options.bench,
      "Add /ws/echo, /ws/relay, /ws/room, /ws/kept and /ws/joined, and lift the limits of rate and "
      "of connections");
  command
      .add_option("--max-message", options.message_bytes_max,
                  "Bytes of a message at most; default: 1 MiB, with --bench 16 MiB")
      ->check(CLI::Range(1, kMessageBytesMax));
  command.add_flag("--no-compression", options.no_compression, "Accept no permessage-deflate");
  command.add_flag(
      "--context-takeover", options.context_takeover,
      "Let compressed messages refer to those before them, where the client can: smaller, but some "
      "210 KiB a connection, for 64 MiB of them at most");
}

void add_cluster_options(CLI::App& command, ServeOptions& options) {
  CLI::Option* broker =
      command
          .add_option("--broker", options.broker,
                      "A Redis 7 or Valkey that makes several servers one: redis://, rediss://, "
                      "redis+sentinel://a,b/NAME or redis+cluster://a,b")
          ->envname("MICROFRAME_BROKER");
  command
      .add_option("--broker-prefix", options.broker_prefix,
                  "What the names of its keys begin with; each application's own; default: mf")
      ->needs(broker);
  command.add_option("--node", options.node,
                     "This server's name in the cluster; default: the host's name and the port");
}

void add_log_options(CLI::App& command, ServeOptions& options) {
  command
      .add_option("--log-level", options.log_level,
                  "What is logged: debug (each connection too), info, warning, error or off")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  command.add_option("--log-format", options.log_format, "text, or json: an object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

void add_tls_options(CLI::App& command, ServeOptions& options) {
  command
      .add_option("--tls-cert", options.tls_certs,
                  "Serve https:// and wss:// with this certificate, its chain behind it (PEM); "
                  "SIGHUP reads it again. Again for further names")
      ->allow_extra_args(false);
  command.add_option("--tls-key", options.tls_keys, "The certificate's private key (PEM)")
      ->allow_extra_args(false);
  command.add_option("--tls-client-ca", options.tls_client_ca,
                     "Require of clients a certificate that those in this file vouch for (PEM)");
}

}  // namespace

void add_serve_command(CLI::App& cli, int& exit_code) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command =
      cli.add_subcommand("serve", "Serve the ready chat: /ws/chat, and a page at /");
  add_listen_options(*command, *options);
  add_token_options(*command, *options);
  add_message_options(*command, *options);
  add_proxy_options(*command, *options);
  add_tls_options(*command, *options);
  add_cluster_options(*command, *options);
  add_log_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace microframe::cli
