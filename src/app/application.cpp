#include "microframe/application.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "app/metrics.hpp"
#include "app/process.hpp"
#include "base/log.hpp"
#include "base/spare_blocks.hpp"
#include "net/address.hpp"
#include "net/io.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/signals.hpp"
#include "net/tls_server.hpp"
#include "proto/http_head.hpp"
#include "ws/endpoint.hpp"
#include "ws/loop_server.hpp"
#include "ws/site.hpp"
#include "ws/watchdog.hpp"

namespace microframe {

namespace {

// The word that turns /metrics off.
constexpr std::string_view kOff = "off";

void check_range(const char* name, int value, int least, int most) {
  if (value >= least && value <= most) return;
  throw ConfigError("Compression::" + std::string(name) + " is " + std::to_string(value) +
                    ": set it to " + std::to_string(least) + " to " + std::to_string(most));
}

// One header field of a page. A value with a line break would be two of them.
std::string header_field(const std::string& name, const std::string& value) {
  const auto control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  if (proto::is_token(name) && std::none_of(value.begin(), value.end(), control))
    return name + ": " + value + "\r\n";
  throw ConfigError("\"" + name +
                    "\" cannot be a page's header field: its name is no token, or its "
                    "value has a control character");
}

// Where to point a browser. Every interface is told as this machine's own, but for [::], which
// listens by IPv6 alone.
std::string to_url(const net::Address& address, std::uint16_t port, bool secure) {
  if (address.is_unix()) return to_string(address, port);
  net::Address told = address;
  if (told.systemd && port == 0) return "systemd's sockets";
  told.systemd = false;
  if (told.host.empty() || told.host == "0.0.0.0") told.host = "127.0.0.1";
  return (secure ? "https://" : "http://") + to_string(told, port);
}

}  // namespace

class Application::Impl {
 public:
  void add(ws::WebSocketRoute route) {
    auto endpoint = std::make_unique<ws::Endpoint>(std::move(route).take());
    claim(endpoint->path());
    endpoints_.push_back(std::move(endpoint));
  }

  ws::ChatBase& add_callbacks(std::string path, const authx::AuthConfig& auth,
                              authx::AuthManager* users, ws::Callbacks callbacks) {
    auto endpoint = std::make_unique<ws::CallbackEndpoint>(std::move(callbacks));
    ws::ChatBase& chat = *endpoint;
    add(ws::WebSocketRoute(std::move(path), std::move(endpoint), auth, users));
    return chat;
  }

  void page(std::string path, ws::Page page) {
    claim(path);
    pages_.emplace(std::move(path), std::move(page));
  }

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
  std::uint16_t metrics_port() const { return metrics_port_; }

  Limits limits;
  ws::RoomRules rooms;
  TrustedProxies proxies;
  Compression compression;
  std::optional<TlsOptions> tls;
  std::optional<std::string> metrics_address;  // unset: the served port; "off": none
  std::size_t threads = std::max(1U, std::thread::hardware_concurrency());

 private:
  // One loop with its thread and what is served on it.
  struct Lane {
    explicit Lane(net::Io io) : loop(io) {}

    net::Loop loop;
    std::unique_ptr<ws::LoopServer> server;
    std::thread thread;
  };

  static void run_lane(net::Loop& loop) {
    const base::SpareBlocks spare;
    loop.run();
  }

  void claim(const std::string& path) const;
  std::vector<std::unique_ptr<Lane>> make_lanes(net::Io io) const;
  void make_site(std::unique_ptr<net::TlsServer> secured);
  void add_own_pages();
  void watch_signals();
  void start_threads(const std::vector<const detail::ActivitySign*>& signs);
  void announce() const;
  void drain();
  void lane_drained();
  void on_signal(int number);

  std::vector<std::unique_ptr<ws::Endpoint>> endpoints_;
  std::unordered_map<std::string, ws::Page> pages_;
  std::unique_ptr<ws::Site> site_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<ws::Watchdog> watchdog_;
  std::unique_ptr<net::Signals> signals_;
  std::atomic<std::uint16_t> port_{0};
  std::atomic<std::uint16_t> metrics_port_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> drains_{false};
  std::atomic<std::size_t> draining_{0};  // lanes
};

void Application::Impl::claim(const std::string& path) const {
  const auto taken = [&](const auto& endpoint) { return endpoint->path() == path; };
  if (site_) throw ConfigError("routes are added before run(): \"" + path + "\" comes too late");
  if (pages_.contains(path) || std::any_of(endpoints_.begin(), endpoints_.end(), taken)) {
    throw ConfigError("the path \"" + path +
                      "\" is routed twice: give each route a path of its own");
  }
}

void Application::Impl::start(std::string_view text, OnSignals on_signals) {
  if (site_) throw ConfigError("an Application serves once: make another one");
  if (stopping_)
    throw ConfigError("this Application was stopped before it started: make another one");
  app::open_standard_descriptors();
  const net::Address address = net::parse_address(text);
  const net::Io send_by = net::io_of_environment();
  auto secured = tls ? std::make_unique<net::TlsServer>(*tls) : nullptr;
  auto sockets = net::open_listen_sockets(address, threads);
  std::vector<net::ListenSocket> for_metrics;
  if (metrics_address && *metrics_address != kOff) {
    for_metrics = net::open_listen_sockets(net::parse_address(*metrics_address), 1);
    metrics_port_ = for_metrics.front().port();
  }
  port_ = sockets.front().port();

  auto made = make_lanes(send_by);
  make_site(std::move(secured));
  add_own_pages();
  lanes_ = std::move(made);
  std::vector<hub::LoopPort*> ports;
  std::vector<const detail::ActivitySign*> signs;
  for (std::size_t i = 0; i < threads; ++i) {
    Lane& lane = *lanes_[i];
    lane.server = std::make_unique<ws::LoopServer>(lane.loop, i, *site_);
    ports.push_back(&lane.server->context());
    signs.push_back(&lane.loop.activity());
  }
  for (const auto& endpoint : site_->settings.routes.endpoints)
    endpoint->open(ports, site_->settings.limits, site_->settings.rooms, site_->registries,
                   site_->counts);
  for (std::size_t i = 0; i < sockets.size(); ++i)
    lanes_[i % threads]->server->listen(std::move(sockets[i]));
  for (net::ListenSocket& socket : for_metrics)
    lanes_.front()->server->listen(std::move(socket), guard::Door::metrics);
  if (on_signals == OnSignals::stop) watch_signals();
  start_threads(signs);
  announce();
}

std::vector<std::unique_ptr<Application::Impl::Lane>> Application::Impl::make_lanes(
    net::Io io) const {
  std::vector<std::unique_ptr<Lane>> made;
  made.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) made.push_back(std::make_unique<Lane>(io));
  return made;
}

// After the lanes: what they have open is known then.
void Application::Impl::make_site(std::unique_ptr<net::TlsServer> secured) {
  const app::DescriptorPlan plan = app::plan_descriptors(limits, threads);
  Limits held = limits;
  held.connections_max = plan.connections_max;
  site_ = std::make_unique<ws::Site>(held, compression, proxies);
  site_->settings.answers_max = plan.answers_max;
  site_->settings.tls = std::move(secured);
  site_->settings.routes.endpoints = std::move(endpoints_);
  site_->settings.rooms = std::move(rooms);
}

void Application::Impl::add_own_pages() {
  const ws::Page health{"text/plain; charset=utf-8", [] { return std::string("ok\n"); }};
  const ws::Page ready{"text/plain; charset=utf-8",
                       [this] { return std::string(stopping_ ? "stopping" : "ready\n"); },
                       [this] { return !stopping_; }};
  const ws::Page metrics{app::kMetricsContentType, [this] { return app::metrics_text(*site_); }};
  pages_.try_emplace("/healthz", health);
  pages_.try_emplace("/readyz", ready);
  if (!metrics_address) pages_.try_emplace("/metrics", metrics);
  ws::Routes& routes = site_->settings.routes;
  routes.pages = std::move(pages_);
  routes.metrics_pages = {{"/healthz", health}, {"/readyz", ready}, {"/metrics", metrics}};
}

void Application::Impl::start_threads(const std::vector<const detail::ActivitySign*>& signs) {
  try {
    watchdog_ = std::make_unique<ws::Watchdog>(*site_, signs);
    site_->registries.keys.start();
    for (const auto& lane : lanes_) lane->thread = std::thread(&run_lane, std::ref(lane->loop));
  } catch (const std::system_error& error) {
    stopping_ = drains_ = true;
    for (const auto& lane : lanes_) {
      if (lane->thread.joinable()) lane->loop.stop();
    }
    wait();
    throw ConfigError("cannot start " + std::to_string(lanes_.size()) +
                      " threads: " + error.what() + ". Serve with fewer (--threads)");
  }
}

void Application::Impl::announce() const {
  for (const auto& endpoint : site_->settings.routes.endpoints) {
    base::log::info("route", {{"path", endpoint->path()}, {"hooks", endpoint->hook_names()}});
  }
}

// A signal that an application has a handler of its own for, or ignores, is the application's.
void Application::Impl::watch_signals() {
  std::vector<int> numbers = {SIGINT, SIGTERM, SIGHUP};
  for (const int number : {SIGUSR1, SIGUSR2}) {
    struct sigaction now{};
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
      numbers.push_back(number);
  }
  signals_ = std::make_unique<net::Signals>(lanes_.front()->loop, numbers,
                                            [this](int number) { on_signal(number); });
}

// The first signal drains, the second drops; SIGHUP does neither, and what else may come is noted.
void Application::Impl::on_signal(int number) {
  if (number == SIGHUP && tls) {
    lanes_.front()->loop.work([this] { reload_tls(); }, [] {});  // files may be slow
  } else if (number == SIGHUP) {
    base::log::info("SIGHUP: nothing to reload", {});
  } else if (number != SIGINT && number != SIGTERM) {
    base::log::info("signal ignored", {{"number", std::to_string(number)}});
  } else if (stopping_) {
    drop();
  } else {
    stop_with_notice();
  }
}

bool Application::Impl::reload_tls() {
  if (!site_ || !site_->settings.tls) return false;
  try {
    site_->settings.tls->reload();
  } catch (const std::exception& error) {
    base::log::error("TLS files not reloaded",
                     {{"what", error.what()}, {"advice", "those of before serve on"}});
    return false;
  }
  base::log::info("TLS files reloaded", {});
  return true;
}

void Application::Impl::stop() {
  if (stopping_.exchange(true) || lanes_.empty()) return;
  base::log::info("stopping", {});
  drain();
}

// On the first lane's loop.
void Application::Impl::stop_with_notice() {
  if (stopping_.exchange(true)) return;
  base::log::info("stopping", {{"readyz", "503"}});
  try {
    lanes_.front()->loop.after(limits.drain_notice, [this] { drain(); });
  } catch (const std::bad_alloc&) {
    stopping_ = false;  // the next signal does it
    throw;
  }
}

void Application::Impl::drain() {
  if (drains_.exchange(true)) return;
  draining_ = lanes_.size();
  for (const auto& lane : lanes_) {
    lane->loop.post([this, &lane = *lane] { lane.server->drain([this] { lane_drained(); }); });
  }
}

// All loops run until the last is empty, so that a second signal finds somebody to tell.
void Application::Impl::lane_drained() {
  if (draining_.fetch_sub(1) != 1) return;
  for (const auto& lane : lanes_) lane->loop.stop();
}

void Application::Impl::drop() {
  drain();
  for (const auto& lane : lanes_) lane->loop.post([&server = *lane->server] { server.drop_all(); });
}

void Application::Impl::wait() {
  for (const auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
  signals_.reset();
  watchdog_.reset();
  if (site_) site_->registries.keys.stop();
}

// First the tokens, then the devices: whoever gets in between is seen by one or the other.
std::size_t Application::Impl::revoke(std::string_view user) {
  if (!site_)
    throw std::logic_error("the application does not serve yet: nobody has come with a token");
  site_->registries.revocations.revoke(user, std::chrono::system_clock::now());
  std::size_t devices = 0;
  for (const auto& endpoint : site_->settings.routes.endpoints)
    devices += endpoint->everywhere().disconnect(user, "revoked");
  return devices;
}

Application::Application() : impl_(std::make_unique<Impl>()) {}

Application::~Application() {
  stop();
  wait();
}

void Application::add(ws::WebSocketRoute route) {
  impl_->add(std::move(route));
}

ws::ChatBase& Application::websocket(std::string path, const authx::AuthConfig& auth,
                                     ws::Callbacks callbacks) {
  return impl_->add_callbacks(std::move(path), auth, nullptr, std::move(callbacks));
}

ws::ChatBase& Application::websocket(std::string path, const authx::AuthConfig& auth,
                                     authx::AuthManager& users, ws::Callbacks callbacks) {
  return impl_->add_callbacks(std::move(path), auth, &users, std::move(callbacks));
}

void Application::page(std::string path, std::string content_type, std::string_view body,
                       const PageFields& fields) {
  ws::Page page{std::move(content_type), [copy = std::string(body)] { return copy; }};
  for (const auto& [name, value] : fields) page.fields += header_field(name, value);
  impl_->page(std::move(path), std::move(page));
}

Application& Application::threads(std::size_t count) {
  if (count == 0) throw ConfigError("threads must be at least 1");
  impl_->threads = count;
  return *this;
}

Application& Application::rooms(std::string pattern, const RoomOptions& options) {
  impl_->rooms.add(std::move(pattern), options);
  return *this;
}

Application& Application::limits(const Limits& limits) {
  impl_->limits = limits;
  return *this;
}

Application& Application::trusted_proxies(TrustedProxies proxies) {
  impl_->proxies = std::move(proxies);
  return *this;
}

Application& Application::compression(const Compression& compression) {
  check_range("level", compression.level, 1, 9);
  check_range("window_bits", compression.window_bits, 9, 15);
  check_range("memory_level", compression.memory_level, 1, 9);
  impl_->compression = compression;
  return *this;
}

Application& Application::tls(const TlsOptions& options) {
  impl_->tls = options;
  return *this;
}

bool Application::reload_tls() {
  return impl_->reload_tls();
}

Application& Application::metrics_listen(std::string address) {
  impl_->metrics_address = std::move(address);
  return *this;
}

void Application::start(std::string_view address) {
  impl_->start(address, Impl::OnSignals::nothing);
}
void Application::wait() {
  impl_->wait();
}
void Application::stop() {
  impl_->stop();
}
std::size_t Application::revoke(std::string_view user) {
  return impl_->revoke(user);
}
std::uint16_t Application::port() const {
  return impl_->port();
}

std::uint16_t Application::metrics_port() const {
  return impl_->metrics_port();
}

int Application::run(std::string_view address) {
  app::open_standard_descriptors();
  app::ignore_sigpipe();
  app::raise_descriptor_limit();
  try {
    impl_->start(address, Impl::OnSignals::stop);
    // For people, and for programs that start this one; the log goes to stderr.
    std::printf("listening on %s\n",
                to_url(net::parse_address(address), port(), impl_->tls.has_value()).c_str());
    std::fflush(stdout);
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "microframe: %s\n", error.what());
    return 1;
  }
  wait();
  return 0;
}

}  // namespace microframe
