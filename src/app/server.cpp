#include "app/server.hpp"

#include <chrono>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <system_error>

#include "app/metrics.hpp"
#include "app/process.hpp"
#include "base/log.hpp"
#include "base/spare_blocks.hpp"
#include "microframe/config_error.hpp"
#include "net/address.hpp"
#include "net/listener.hpp"

namespace microframe::app {
namespace {

void run_lane(net::Loop& loop) {
  const base::SpareBlocks spare;
  loop.run();
}

}  // namespace

void Server::add(ws::WebSocketRoute route) {
  auto endpoint = std::make_unique<ws::Endpoint>(std::move(route).take());
  claim(endpoint->path());
  endpoints_.push_back(std::move(endpoint));
}

ws::ChatBase& Server::add_callbacks(std::string path, const authx::AuthConfig& auth,
                                    authx::AuthManager* users, ws::Callbacks callbacks) {
  auto endpoint = std::make_unique<ws::CallbackEndpoint>(std::move(callbacks));
  ws::ChatBase& chat = *endpoint;
  add(ws::WebSocketRoute(std::move(path), std::move(endpoint), auth, users));
  return chat;
}

void Server::page(std::string path, ws::Page page) {
  claim(path);
  served_.pages.emplace(std::move(path), std::move(page));
}

// One path may have handlers of several methods; the router knows of those.
void Server::handle(detail::HttpRouteParts parts) {
  if (!served_.router.has(parts.path)) claim(parts.path);
  served_.add(std::move(parts));
}

void Server::handle_for_admin(detail::HttpRouteParts parts) {
  if (site_) throw ConfigError("admin handlers are added before run()");
  admin_paths_.add(parts.method, parts.path);
  for_admin_.push_back(std::move(parts));
}

void Server::claim(const std::string& path) const {
  const auto taken = [&](const auto& endpoint) { return endpoint->path() == path; };
  if (site_) throw ConfigError("routes are added before run(): \"" + path + "\" comes too late");
  if (served_.pages.contains(path) || served_.router.has(path) ||
      std::any_of(endpoints_.begin(), endpoints_.end(), taken)) {
    throw ConfigError("the path \"" + path +
                      "\" is routed twice: give each route a path of its own");
  }
}

void Server::start(std::string_view text, OnSignals on_signals) {
  if (site_) throw ConfigError("an Application serves once: make another one");
  if (stopping_)
    throw ConfigError("this Application was stopped before it started: make another one");
  open_standard_descriptors();
  const net::Address address = net::parse_address(text);
  const net::Io send_by = net::io_of_environment();
  auto secured = tls ? std::make_unique<net::TlsServer>(*tls) : nullptr;
  auto sockets = net::open_listen_sockets(address, threads);
  std::vector<net::ListenSocket> for_admin;
  if (admin_address && *admin_address != kPublic) {
    for_admin = net::open_listen_sockets(net::parse_address(*admin_address), 1);
    admin_port_ = for_admin.front().port();
  }
  port_ = sockets.front().port();

  auto made = make_lanes(send_by);
  make_site(std::move(secured));
  lanes_ = std::move(made);
  std::vector<hub::LoopPort*> ports;
  std::vector<const detail::ActivitySign*> signs;
  for (std::size_t i = 0; i < threads; ++i) {
    Lane& lane = *lanes_[i];
    lane.server = std::make_unique<ws::LoopServer>(lane.loop, i, *site_);
    ports.push_back(&lane.server->context());
    signs.push_back(&lane.loop.activity());
  }
  open_endpoints(ports);
  for (std::size_t i = 0; i < sockets.size(); ++i)
    lanes_[i % threads]->server->listen(std::move(sockets[i]));
  for (net::ListenSocket& socket : for_admin)
    lanes_.front()->server->listen(std::move(socket), guard::Door::admin);
  if (on_signals == OnSignals::stop) watch_signals();
  jobs.begin(lanes_.front()->loop);  // before a signal may end what has begun
  start_threads(signs);
  announce();
}

std::vector<std::unique_ptr<Server::Lane>> Server::make_lanes(net::Io io) const {
  std::vector<std::unique_ptr<Lane>> made;
  made.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) made.push_back(std::make_unique<Lane>(io));
  return made;
}

void Server::open_endpoints(const std::vector<hub::LoopPort*>& ports) {
  ws::Endpoint::Join join;
  if (broker) {
    membership_ =
        make_membership(*broker, cluster, host_name() + ":" + std::to_string(port_), *site_);
    join = [this](const std::string& endpoint, hub::Arrivals& arrivals) -> hub::Elsewhere& {
      return membership_->join(endpoint, arrivals);
    };
    site_->registries.begin_connection_ids_at_random();
  }
  for (const auto& endpoint : site_->settings.routes.endpoints)
    endpoint->open(ports, site_->settings.limits, site_->settings.rooms, site_->registries,
                   site_->counts, join);
}

// After the lanes: what they have open is known then.
void Server::make_site(std::unique_ptr<net::TlsServer> secured) {
  const DescriptorPlan plan = plan_descriptors(limits, threads);
  Limits held = limits;
  held.connections_max = plan.connections_max;
  site_ = std::make_unique<ws::Site>(held, compression, proxies);
  site_->settings.answers_max = plan.answers_max;
  site_->settings.inherits = broker.has_value();
  site_->settings.tls = std::move(secured);
  ws::Routes& routes = site_->settings.routes;
  routes.endpoints = std::move(endpoints_);
  routes.served = std::move(served_);
  if (admin_address) add_admin(routes);
  routes.open(site_->registries);
  site_->settings.rooms = std::move(rooms);
}

// A path that the application has taken stays the application's.
void Server::add_admin(ws::Routes& routes) {
  const ws::Page health{"text/plain; charset=utf-8", [] { return std::string("ok\n"); }};
  const ws::Page ready{
      "text/plain; charset=utf-8",
      [this] {
        if (stopping_) return std::string("stopping");
        return std::string(is_ready() ? "ready\n" : "the broker does not answer\n");
      },
      [this] { return is_ready(); }};
  const ws::Page metrics{kMetricsContentType,
                         [this] { return metrics_text(*site_, membership_.get()); }};
  ws::HttpTable& table = *admin_address == kPublic ? routes.served : routes.admin;
  for (detail::HttpRouteParts& parts : for_admin_) table.add(std::move(parts));
  const auto add = [&](const char* path, const ws::Page& page) {
    if (!table.router.has(path)) table.pages.try_emplace(path, page);
  };
  add("/healthz", health);
  add("/readyz", ready);
  if (has_metrics()) add("/metrics", metrics);
}

bool Server::is_ready() const {
  return !stopping_ && (!membership_ || membership_->is_ready());
}

std::vector<ClusterNode> Server::nodes() const {
  return membership_ ? membership_->nodes() : std::vector<ClusterNode>();
}

void Server::start_threads(const std::vector<const detail::ActivitySign*>& signs) {
  try {
    watchdog_ = std::make_unique<ws::Watchdog>(*site_, signs);
    site_->registries.keys.start();
    if (membership_) membership_->start();
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

void Server::announce() const {
  for (const auto& endpoint : site_->settings.routes.endpoints) {
    base::log::info("route", {{"path", endpoint->path()}, {"hooks", endpoint->hook_names()}});
  }
}

// A signal that an application has a handler of its own for, or ignores, is the application's.
void Server::watch_signals() {
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
void Server::on_signal(int number) {
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

bool Server::reload_tls() {
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

void Server::stop() {
  if (stopping_.exchange(true) || lanes_.empty()) return;
  base::log::info("stopping", {});
  drain();
}

// On the first lane's loop.
void Server::stop_with_notice() {
  if (stopping_.exchange(true)) return;
  base::log::info("stopping", {{"readyz", "503"}});
  try {
    lanes_.front()->loop.after(limits.drain_notice, [this] { drain(); });
  } catch (const std::bad_alloc&) {
    stopping_ = false;  // the next signal does it
    throw;
  }
}

// First whatever the application does before its connections are closed.
void Server::drain() {
  if (drains_.exchange(true)) return;
  if (!jobs.wind_up(limits.drain_time, [this] { drain_lanes(); })) drain_lanes();
}

void Server::drain_lanes() {
  draining_ = lanes_.size();
  for (const auto& lane : lanes_) {
    lane->loop.post([this, &lane = *lane] { lane.server->drain([this] { lane_drained(); }); });
  }
}

// All loops run until the last is empty, so that a second signal finds somebody to tell.
void Server::lane_drained() {
  if (draining_.fetch_sub(1) != 1) return;
  try {
    lanes_.front()->loop.post([this] {
      jobs.end();
      stop_lanes();
    });
  } catch (const std::bad_alloc&) {
    stop_lanes();  // the jobs end in wait()
  }
}

void Server::stop_lanes() {
  for (const auto& lane : lanes_) lane->loop.stop();
}

void Server::drop() {
  drain();
  jobs.hurry([this] {
    for (const auto& lane : lanes_)
      lane->loop.post([&server = *lane->server] { server.drop_all(); });
  });
}

void Server::wait() {
  for (const auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
  if (!lanes_.empty()) jobs.end();
  if (membership_) membership_->end();
  if (site_) end_inquiries();
  signals_.reset();
  watchdog_.reset();
  if (site_) site_->registries.keys.stop();
}

// Who still waits for devices on other nodes waits in vain.
void Server::end_inquiries() {
  for (const auto& endpoint : site_->settings.routes.endpoints)
    if (endpoint->inquiries()) endpoint->inquiries()->end();
}

// First the tokens, then the devices: whoever gets in between is seen by one or the other.
std::size_t Server::revoke(std::string_view user) {
  if (!site_)
    throw std::logic_error("the application does not serve yet: nobody has come with a token");
  site_->registries.revocations.revoke(user, std::chrono::system_clock::now());
  std::size_t devices = 0;
  for (const auto& endpoint : site_->settings.routes.endpoints)
    devices += endpoint->everywhere().disconnect(user, "revoked");
  if (membership_) membership_->revoke(user);
  return devices;
}

}  // namespace microframe::app
