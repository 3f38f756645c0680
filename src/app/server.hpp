// Server: what an Application is while it serves: its loops with their threads, the site that they
// serve, the signals that end it. Threading: set up and started by one thread; then as
// microframe/application.hpp says.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "app/jobs.hpp"
#include "app/membership.hpp"
#include "http/router.hpp"
#include "microframe/cluster_options.hpp"
#include "microframe/compression.hpp"
#include "microframe/detail/http_handler.hpp"
#include "microframe/limits.hpp"
#include "microframe/proxies.hpp"
#include "microframe/redis_broker.hpp"
#include "microframe/tls.hpp"
#include "microframe/ws/callbacks.hpp"
#include "microframe/ws/route.hpp"
#include "net/io.hpp"
#include "net/loop.hpp"
#include "net/signals.hpp"
#include "net/tls_server.hpp"
#include "ws/endpoint.hpp"
#include "ws/http_table.hpp"
#include "ws/loop_server.hpp"
#include "ws/room_rules.hpp"
#include "ws/routes.hpp"
#include "ws/site.hpp"
#include "ws/watchdog.hpp"

namespace microframe::app {

class Server {
 public:
  void add(ws::WebSocketRoute route);
  ws::ChatBase& add_callbacks(std::string path, const authx::AuthConfig& auth,
                              authx::AuthManager* users, ws::Callbacks callbacks);
  void page(std::string path, ws::Page page);
  void handle(detail::HttpRouteParts parts);
  void handle_for_admin(detail::HttpRouteParts parts);

  enum class OnSignals : bool { nothing, stop };
  void start(std::string_view address, OnSignals on_signals);
  bool reload_tls();
  void wait();
  void stop();
  // As stop(), after the world has had Limits::drain_notice to see that we are not ready any more.
  void stop_with_notice();
  void drop();
  std::size_t revoke(std::string_view user);
  std::uint16_t port() const { return port_; }
  std::uint16_t admin_port() const { return admin_port_; }

  std::vector<ClusterNode> nodes() const;

  Jobs jobs;
  Limits limits;
  ws::RoomRules rooms;
  TrustedProxies proxies;
  Compression compression;
  std::optional<TlsOptions> tls;
  std::optional<RedisBroker> broker;  // unset: this process is alone
  ClusterOptions cluster;
  std::optional<std::string> admin_address;  // kPublic: the served port; unset: none
  static constexpr std::string_view kPublic = "public";
  std::size_t threads = std::max(1U, std::thread::hardware_concurrency());

 private:
  // One loop with its thread and what is served on it.
  struct Lane {
    explicit Lane(net::Io io) : loop(io) {}

    net::Loop loop;
    std::unique_ptr<ws::LoopServer> server;
    std::thread thread;
  };

  void claim(const std::string& path) const;
  std::vector<std::unique_ptr<Lane>> make_lanes(net::Io io) const;
  void make_site(std::unique_ptr<net::TlsServer> secured);
  void end_inquiries();
  void open_endpoints(const std::vector<hub::LoopPort*>& ports);
  bool is_ready() const;
  void add_admin(ws::Routes& routes);
  void watch_signals();
  void start_threads(const std::vector<const detail::ActivitySign*>& signs);
  void announce() const;
  void drain();
  void drain_lanes();
  void lane_drained();
  void stop_lanes();
  void on_signal(int number);

  std::vector<std::unique_ptr<ws::Endpoint>> endpoints_;
  ws::HttpTable served_;
  std::vector<detail::HttpRouteParts> for_admin_;
  http::Router admin_paths_;  // of those
  std::unique_ptr<ws::Site> site_;
  std::unique_ptr<Membership> membership_;  // nullptr: this process is alone
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<ws::Watchdog> watchdog_;
  std::unique_ptr<net::Signals> signals_;
  std::atomic<std::uint16_t> port_{0};
  std::atomic<std::uint16_t> admin_port_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> drains_{false};
  std::atomic<std::size_t> draining_{0};  // lanes
};

}  // namespace microframe::app
