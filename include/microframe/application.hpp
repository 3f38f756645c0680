// Application: routes, threads, and the life of the server.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "microframe/authx.hpp"
#include "microframe/cluster_options.hpp"
#include "microframe/compression.hpp"
#include "microframe/config_error.hpp"
#include "microframe/detail/callback.hpp"
#include "microframe/http.hpp"
#include "microframe/limits.hpp"
#include "microframe/log_record.hpp"
#include "microframe/proxies.hpp"
#include "microframe/redis_broker.hpp"
#include "microframe/room_options.hpp"
#include "microframe/tls.hpp"
#include "microframe/ws.hpp"

namespace microframe {

// {{"Content-Security-Policy", "default-src 'self'"}}
using PageFields = std::vector<std::pair<std::string, std::string>>;

// Threading: set the application up on one thread; call stop() from any thread. An Application
// serves once. Handlers of HTTP are routed as HttpRoutes has it: app.post("/login", ...).
class Application : public HttpRoutes {
 public:
  Application();
  ~Application() override;
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  // Serves a T, constructed from `arguments`, at `path`. Only clients with a token that `auth`
  // accepts get in.
  // returns: the endpoint's object, which lives as long as the application. Broadcast through it
  //          from any thread.
  // errors:  ConfigError if the path is taken or malformed, or if a key does not fit its algorithm.
  template <class T, class... Arguments>
  T& route(std::string path, const authx::AuthConfig& auth, Arguments&&... arguments) {
    return emplace<T>(std::move(path), auth, nullptr, std::forward<Arguments>(arguments)...);
  }
  // The same, with an AuthManager: a user whom `users` does not authorize is refused. `users`
  // must outlive the application.
  template <class T, std::derived_from<authx::AuthManager> Users, class... Arguments>
  T& route(std::string path, const authx::AuthConfig& auth, Users& users,
           Arguments&&... arguments) {
    return emplace<T>(std::move(path), auth, &users, std::forward<Arguments>(arguments)...);
  }

  // Serves an endpoint made of lambdas.
  // returns: the object to broadcast through, which lives as long as the application.
  // errors:  as route(), and ConfigError if the callbacks have no on_message.
  ws::ChatBase& websocket(std::string path, const authx::AuthConfig& auth, ws::Callbacks callbacks);
  ws::ChatBase& websocket(std::string path, const authx::AuthConfig& auth,
                          authx::AuthManager& users, ws::Callbacks callbacks);

  // Serves a route that was constructed by hand, in order to set the options of WebSocketRoute.
  // errors: as route().
  void add(ws::WebSocketRoute route);

  // Answers GET `path` with a copy of `body`. Meant for a page or two beside the sockets; this is
  // not a file server.
  // fields: header fields of the answer, by name, beside Content-Type, Content-Length,
  //         Cache-Control, X-Content-Type-Options and Referrer-Policy, which every page has.
  // errors: ConfigError if the path is taken or malformed, or if a field's name is no token or its
  //         value has a control character.
  void page(std::string path, std::string content_type, std::string_view body,
            const PageFields& fields = {});

  // Sets how the rooms of every route behave whose names match `pattern`: a name, or its
  // beginning and '*' ("prices:*"). The first matching pattern decides.
  // errors: ConfigError for a pattern with a '*' anywhere but at its end.
  Application& rooms(std::string pattern, const RoomOptions& options);

  // The number of loops; each is a thread. Default: the number of cores that this process may use.
  Application& threads(std::size_t count);
  Application& limits(const Limits& limits);
  // Which proxies are believed about the addresses of their clients. The address that a proxy
  // tells is the one that limits count, that the log names and that WebSocket::remote_address()
  // returns. Default: no proxy is believed.
  Application& trusted_proxies(TrustedProxies proxies);
  // How messages are compressed. Default: as a Compression is constructed.
  // errors: ConfigError for a value out of its range.
  Application& compression(const Compression& compression);
  // Serves https:// and wss:// in place of http:// and ws://. The files are read by start(),
  // which throws ConfigError if they cannot be used.
  Application& tls(const TlsOptions& options);
  // Reads the files of tls() again, for handshakes from now on. Open connections are not touched.
  // run() does the same at SIGHUP. Any thread, while the application serves.
  // returns: false if the files cannot be used: the reason is logged, and the previous ones stay
  //          in use.
  bool reload_tls();

  // The log: to stderr, which nobody waits for, or to a function of the application's, without what is
  // below `least`. Level debug has a line for each connection that begins and ends. The log is one of the
  // process: what was said last holds for everything in it. Any thread, at any time. Default: info, as text.
  Application& log(LogLevel least, LogFormat format = LogFormat::text);
  Application& log(LogSink sink, LogLevel least = LogLevel::info);

  // Makes this process a node of a cluster: every process that serves the same routes through the same
  // broker. What an endpoint is asked (broadcast, send_to, join_room, get_connected_users) then means
  // the whole cluster. Default: this process is alone, and needs no broker.
  // errors: start() throws ConfigError if the broker cannot be used: what to set there is in the words.
  Application& cluster(const RedisBroker& broker, const ClusterOptions& options = {});
  // The other nodes that this one knows of, by name. Any thread, after start().
  std::vector<ClusterNode> nodes() const;

  // Answers /metrics, /healthz and /readyz, and whatever handlers are added to what this returns, on an
  // address of their own: in the forms of run(), without TLS, limits of connections or proxies, so that
  // an operator sees a server that is full. "public": on the served address, where everybody can read
  // them. Default: nowhere. Calling admin() again replaces the address.
  //   app.admin("127.0.0.1:9000").get("/users", [&](const HttpRequest&) -> Json { ... });
  HttpRoutes& admin(std::string address);

  // Serves until SIGINT, SIGTERM or stop(). Then every connection is closed with 1012,
  // on_disconnect runs for each, and all resources are released. The process is made ready for
  // that: SIGPIPE is ignored, SIGHUP, SIGUSR1 and SIGUSR2 do not end the process, the limit of open
  // files is raised to what the system allows, and a standard descriptor that is closed is opened
  // on /dev/null. Handlers that the application has installed for SIGPIPE, SIGUSR1 or SIGUSR2 stay.
  // address: "127.0.0.1:8000", "[::1]:8000", ":8000" (every interface, IPv4 alone where there is no
  //          IPv6), "unix:/run/app.sock", "unix:/run/app.sock?mode=0660" for the permissions of the
  //          socket's file, "unix:@name" for an abstract socket, or "systemd" for the sockets of
  //          socket activation (LISTEN_FDS); port 0 picks a free port.
  // returns: 0; 1 if the application cannot serve there: stderr then says why, and what to do.
  int run(std::string_view address);

  // run() in two halves and without the signals and the limit of open files, for tests and for
  // programs with a main loop of their own, which must ignore SIGPIPE themselves if their standard
  // error or output is a pipe. start() returns once connections are accepted. It lowers
  // Limits::connections_max to what the limit of open files leaves.
  // errors: ConfigError.
  void start(std::string_view address);
  // Waits until the application has stopped.
  void wait();
  // Asks the application to stop, and returns at once. Any thread, any time after start().
  // Calling stop() again does no harm.
  void stop();

  // What the application runs beside its hooks. Each callback takes nothing, and returns void or
  // Task<>; it lives as long as it may be called, and its coroutine at most as long. All of them run on
  // the first loop, which also serves connections: one of them at a time, another one while it waits.
  // Code that blocks belongs in offload(). What a callback throws is logged and ends nothing else. The
  // methods may be called from any thread, before start() and while the application serves; what is
  // asked for after the stop is dropped.
  //
  // At the stop, nothing is repeated any more and the callbacks of on_stop run. Then the connections
  // are closed, and run their on_disconnect. Last, whatever task still waits is destroyed where it
  // waits: a task that must end is awaited by a callback of on_stop.

  // Called once the application accepts connections, in the order of the calls of on_start. The first
  // connections may be there by then: what must come before them is done before run().
  template <class F>
  Application& on_start(F callback) {
    add_on_start(detail::make_callback(std::move(callback)));
    return *this;
  }
  // Called before the connections are closed, one after the other, each awaited; all together for
  // Limits::drain_time at most, then what still waits is destroyed. A second signal waits for none.
  template <class F>
  Application& on_stop(F callback) {
    add_on_stop(detail::make_callback(std::move(callback)));
    return *this;
  }
  // Called `interval` after the start, and then `interval` after each call's beginning; never before
  // the previous call has ended: if that takes longer, the next call follows at once, and calls that
  // were missed are left out.
  // errors: ConfigError for an interval under 1 ms.
  template <class F>
  Application& every(std::chrono::milliseconds interval, F callback) {
    add_every(interval, detail::make_callback(std::move(callback)));
    return *this;
  }
  // Runs `task`, or what `callback` returns, beside everything else. The captures of a lambda that is a
  // coroutine live in the lambda: give spawn() the lambda, spawn([=]() -> Task<> { .. }), and not the
  // task that a temporary one returns.
  void spawn(Task<> task);
  template <class F>
    requires std::invocable<F&>
  void spawn(F callback) {
    add_spawn(detail::make_callback(std::move(callback)));
  }

  // Closes every device of `user`, on every route, with 4409, and refuses the user's tokens that
  // were issued until now, in handshakes and in WebSocket::refresh_token. Tokens issued in the
  // current second are refused too, because `iat` counts whole seconds. A revocation holds as
  // long as this process runs. Past 100,000 revoked users the oldest revocation is dropped, and
  // every token as old as that one is refused, whoever its user is. Any thread, after start().
  // returns: the number of devices closed.
  // errors:  std::logic_error before start().
  std::size_t revoke(std::string_view user);

  // The port that the application listens on, after start(); 0 for a Unix socket.
  std::uint16_t port() const;
  // The port of admin(), after start(); 0 without one of its own.
  std::uint16_t admin_port() const;

 private:
  void add_route(detail::HttpRouteParts parts) override;

  template <class T, class... Arguments>
  T& emplace(std::string path, const authx::AuthConfig& auth, authx::AuthManager* users,
             Arguments&&... arguments) {
    auto endpoint = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    T& object = *endpoint;
    add(ws::WebSocketRoute(std::move(path), std::move(endpoint), auth, users));
    return object;
  }

  void add_on_start(detail::Callback callback);
  void add_on_stop(detail::Callback callback);
  void add_every(std::chrono::milliseconds interval, detail::Callback callback);
  void add_spawn(detail::Callback callback);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace microframe
