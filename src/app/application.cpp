#include "microframe/application.hpp"

#include <algorithm>
#include <cstdio>

#include "app/process.hpp"
#include "app/server.hpp"
#include "base/log.hpp"
#include "net/address.hpp"
#include "proto/http_head.hpp"

namespace microframe {

namespace {

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

class Application::Impl final : public app::Server {
 public:
  // The handlers of admin().
  class AdminRoutes final : public HttpRoutes {
   public:
    explicit AdminRoutes(Impl& impl) : impl_(impl) {}

   private:
    void add_route(detail::HttpRouteParts parts) override {
      impl_.handle_for_admin(std::move(parts));
    }
    Impl& impl_;
  };
  AdminRoutes admin_routes{*this};
};

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

Application& Application::log(LogLevel least, LogFormat format) {
  base::log::set_output(format);
  base::log::set_level(least);
  return *this;
}

Application& Application::log(LogSink sink, LogLevel least) {
  base::log::set_output(std::move(sink));
  base::log::set_level(least);
  return *this;
}

Application& Application::cluster(const RedisBroker& broker, const ClusterOptions& options) {
  impl_->broker = broker;
  impl_->cluster = options;
  return *this;
}

std::vector<ClusterNode> Application::nodes() const {
  return impl_->nodes();
}

HttpRoutes& Application::admin(std::string address) {
  impl_->admin_address = std::move(address);
  return impl_->admin_routes;
}

void Application::add_route(detail::HttpRouteParts parts) {
  impl_->handle(std::move(parts));
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
void Application::add_on_start(detail::Callback callback) {
  impl_->jobs.on_start(std::move(callback));
}
void Application::add_on_stop(detail::Callback callback) {
  impl_->jobs.on_stop(std::move(callback));
}
void Application::add_every(std::chrono::milliseconds interval, detail::Callback callback) {
  impl_->jobs.every(interval, std::move(callback));
}
void Application::add_spawn(detail::Callback callback) {
  impl_->jobs.spawn(std::move(callback));
}
void Application::spawn(Task<> task) {
  impl_->jobs.spawn(std::move(task));
}
std::size_t Application::revoke(std::string_view user) {
  return impl_->revoke(user);
}
std::uint16_t Application::port() const {
  return impl_->port();
}

std::uint16_t Application::admin_port() const {
  return impl_->admin_port();
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
