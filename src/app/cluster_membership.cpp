#include "app/cluster_membership.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "cluster/check_redis.hpp"
#include "microframe/config_error.hpp"
#include "ws/endpoint.hpp"
#include "ws/random_name.hpp"

namespace microframe::app {
namespace {

// The lease of a node of the same name that has died runs out within ten seconds.
constexpr std::chrono::seconds kStartMax{15};
// Who is started together with its broker may be the first to be there.
constexpr std::chrono::seconds kBrokerMax{5};
constexpr std::chrono::milliseconds kBetweenChecks{100};

cluster::Node::Settings settings_of(const ClusterOptions& options, const std::string& name) {
  cluster::Node::Settings settings;
  settings.name = options.node().empty() ? name : options.node();
  settings.incarnation = ws::random_number();
  settings.offline_delay = options.offline_delay();
  return settings;
}

}  // namespace

ClusterMembership::ClusterMembership(const RedisBroker& broker, const ClusterOptions& options,
                                     const std::string& name, ws::Site& site)
    : site_(site),
      settings_(broker),
      broker_(broker),
      node_(broker_, broker_, *this, settings_of(options, name)),
      revocations_(site, node_) {}

ClusterMembership::~ClusterMembership() {
  end();
}

hub::Elsewhere& ClusterMembership::join(const std::string& endpoint, hub::Arrivals& arrivals) {
  return node_.add_site(endpoint, arrivals);
}

void ClusterMembership::check_broker() const {
  const auto until = std::chrono::steady_clock::now() + kBrokerMax;
  while (true) {
    const cluster::RedisFindings found =
        cluster::check_redis(settings_, site_.settings.rooms.any_durable());
    if (found.problems.empty()) return;
    if (!found.is_away || std::chrono::steady_clock::now() >= until) {
      std::string all = "the broker cannot be used";
      for (const std::string& problem : found.problems) all += ": " + problem;
      throw ConfigError(all);
    }
    std::this_thread::sleep_for(kBetweenChecks);
  }
}

void ClusterMembership::start() {
  check_broker();
  has_begun_ = true;
  node_.start();
  revocations_.follow();
  std::unique_lock lock(mutex_);
  told_.wait_for(lock, kStartMax, [this] { return started_ || refused_; });
  if (started_) return;
  throw ConfigError(refused_.value_or("the broker has stopped answering: see the log"));
}

void ClusterMembership::end() {
  if (std::exchange(over_, true) || !has_begun_) return;
  std::promise<void> left;
  node_.leave([&left] { left.set_value(); });
  left.get_future().wait_for(2 * hub::Broker::kPatience);
  node_.stop();
}

void ClusterMembership::revoke(std::string_view user) {
  revocations_.append(user);
}

std::vector<ClusterNode> ClusterMembership::nodes() const {
  std::vector<ClusterNode> nodes;
  for (const auto& other : node_.others()) {
    ClusterNode node;
    node.name = other.name;
    node.is_heard = other.known;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Membership::Figures ClusterMembership::figures() const {
  const auto others = node_.others();
  const auto unheard =
      std::count_if(others.begin(), others.end(), [](const auto& other) { return !other.known; });
  return {others.size(),          static_cast<std::size_t>(unheard),
          node_.directory_size(), node_.messages_out(),
          node_.counts(),         broker_.counts()};
}

// --- what happens ---

void ClusterMembership::started() {
  const std::lock_guard lock(mutex_);
  started_ = true;
  told_.notify_all();
}

void ClusterMembership::refused(const std::string& why) {
  const std::lock_guard lock(mutex_);
  refused_ = why;
  told_.notify_all();
}

void ClusterMembership::user_online(std::string_view path, const std::string& user) {
  if (auto* const at = endpoint(path)) at->tell_user_online(user);
}

void ClusterMembership::user_offline(std::string_view path, const std::string& user) {
  if (auto* const at = endpoint(path)) at->tell_user_offline(user);
}

ws::Endpoint* ClusterMembership::endpoint(std::string_view path) const {
  for (const auto& one : site_.settings.routes.endpoints) {
    if (one->path() == path) return one.get();
  }
  return nullptr;
}

std::unique_ptr<Membership> make_membership(const RedisBroker& broker,
                                            const ClusterOptions& options, const std::string& name,
                                            ws::Site& site) {
  return std::make_unique<ClusterMembership>(broker, options, name, site);
}

}  // namespace microframe::app
