// Application: routes, threads, and the life of the server.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "microframe/authx.hpp"
#include "microframe/compression.hpp"
#include "microframe/config_error.hpp"
#include "microframe/limits.hpp"
#include "microframe/proxies.hpp"
#include "microframe/room_options.hpp"
#include "microframe/tls.hpp"
#include "microframe/ws.hpp"

namespace microframe {

// Threading: set up on one thread; stop() from any. One Application serves once.
class Application {
 public:
  Application();
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Serves T, made from `arguments`, at `path`. Only who bears a token that `auth` accepts gets in.
  // returns: the endpoint's object, which lives as long as the application: broadcast from any
  // thread through it. errors:  ConfigError if the path is taken or malformed, or a key does not
  // fit its algorithm.
  template <class T, class... Arguments>
  T& route(std::string path, const authx::AuthConfig& auth, Arguments&&... arguments) {
    return emplace<T>(std::move(path), auth, nullptr, std::forward<Arguments>(arguments)...);
  }
  // The same, and `users` knows who they are: a user it does not authorize is refused. It must
  // outlive the application.
  template <class T, std::derived_from<authx::AuthManager> Users, class... Arguments>
  T& route(std::string path, const authx::AuthConfig& auth, Users& users,
           Arguments&&... arguments) {
    return emplace<T>(std::move(path), auth, &users, std::forward<Arguments>(arguments)...);
  }

  // Serves an endpoint made of lambdas. returns: where it broadcasts.
  ws::ChatBase& websocket(std::string path, const authx::AuthConfig& auth, ws::Callbacks callbacks);
  ws::ChatBase& websocket(std::string path, const authx::AuthConfig& auth,
                          authx::AuthManager& users, ws::Callbacks callbacks);

  // Serves a route made by hand, for its options.
  void add(ws::WebSocketRoute route);

  // Answers GET `path` with `body`, which is copied. For a page or two beside the sockets, not a
  // file server.
  void page(std::string path, std::string content_type, std::string_view body);

  // How the rooms of every route behave whose names fit `pattern`: a name, or its beginning and '*'
  // ("prices:*"). The first pattern that fits decides. errors: ConfigError for a pattern with a '*'
  // elsewhere.
  Application& rooms(std::string pattern, const RoomOptions& options);

  // The number of loops, each a thread. Default: the cores this process may use.
  Application& threads(std::size_t count);
  Application& limits(const Limits& limits);
  // Whose word about a client's address is taken. What they tell is the address that limits count
  // and logs and WebSocket::remote_address() name. Default: nobody's.
  Application& trusted_proxies(TrustedProxies proxies);
  // errors: ConfigError for a value out of its range.
  Application& compression(const Compression& compression);
  // Serves https:// and wss:// in place of http:// and ws://. The files are read at start, which
  // throws ConfigError where they cannot serve.
  Application& tls(const TlsOptions& options);
  // Reads the files of tls() again, for the handshakes from now on; no connection is touched. run()
  // does so at SIGHUP. Any thread, while it serves. returns: false, having logged why, if they
  // cannot serve: those of before then stay in use.
  bool reload_tls();

  // Serves until SIGINT, SIGTERM or stop(): then every connection is closed with 1012,
  // on_disconnect has run for each, and all is given back. address: "127.0.0.1:8000", "[::1]:8000",
  // ":8000" (every interface), "unix:/run/app.sock"; port 0: any free one. returns: 0; 1 if it
  // cannot serve there, having said why and what to do on stderr.
  int run(std::string_view address);

  // run() in two halves, without the signals: for tests and for programs with a main loop of their
  // own. start returns once connections are accepted. errors: ConfigError.
  void start(std::string_view address);
  // Waits until all is stopped.
  void wait();
  // Asks for the end, and returns at once. Any thread, any time after start; more than once does no
  // harm.
  void stop();

  // Closes every device of `user`, on every route, with 4409, and refuses the user's tokens issued
  // up to now, in handshakes and WebSocket::refresh_token. Tokens of this very second are refused
  // too, for `iat` counts seconds. It holds as long as this process; past 100,000 users the oldest
  // revocation makes way, and all tokens as old as that are refused, whoever's. Any thread, after
  // start. returns: how many devices there were. errors: std::logic_error before start.
  std::size_t revoke(std::string_view user);

  // The port listened on, after start; 0 for a Unix socket.
  std::uint16_t port() const;

 private:
  template <class T, class... Arguments>
  T& emplace(std::string path, const authx::AuthConfig& auth, authx::AuthManager* users,
             Arguments&&... arguments) {
    auto endpoint = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    T& object = *endpoint;
    add(ws::WebSocketRoute(std::move(path), std::move(endpoint), auth, users));
    return object;
  }

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace microframe
