#include "cluster/check_redis.hpp"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cluster/redis_locator.hpp"
#include "cluster/redis_server.hpp"
#include "cluster/redis_settings.hpp"
#include "net/loop.hpp"

namespace microframe::cluster {
namespace {

// The connections of check_redis(), on a loop of its own.
class Checking final : private RedisServer::Events {
 public:
  Checking(net::Loop& loop, const RedisSettings& settings, bool durable)
      : loop_(loop),
        keys_(settings.prefix, settings.url.database),
        durable_(durable),
        access_(settings.access),
        locator_(loop, settings.url, settings.access, counts_) {}

  void begin() {
    locator_.locate([this](base::Result<RedisMap, std::string> found) {
      if (!found) {
        findings_.problems.push_back("the broker is not found: " + found.error());
        findings_.is_away = true;
        return finish();
      }
      map_ = std::move(*found);
      left_ = map_.servers.size();
      for (const net::Address& address : map_.servers)
        servers_.emplace_back(new RedisServer(loop_, address, access_, counts_, *this));
    });
  }
  RedisFindings take() { return std::move(findings_); }

 private:
  static std::string name_of(const RedisServer& server) {
    return net::to_string(server.address(), server.address().port);
  }
  void on_server_up(RedisServer& server) override {
    std::size_t number = 0;
    while (servers_[number].get() != &server) ++number;
    unsigned partition = 0;
    while (partition + 1 < RedisKeys::kPartitions && map_.owner[partition] != number) ++partition;
    const auto send = [&](std::string_view command, RedisConnection::Answer answer) {
      server.send(command, std::move(answer));
    };
    RedisCheck::ask(send, keys_, partition, durable_,
                    [this, name = name_of(server)](const RedisFindings& found) {
                      if (ended_) return;
                      for (const std::string& each : found.problems)
                        findings_.problems.push_back(std::string(name).append(": ").append(each));
                      for (const std::string& each : found.doubts)
                        findings_.doubts.push_back(std::string(name).append(": ").append(each));
                      one_has_ended();
                    });
  }
  void on_server_down(RedisServer& server, const std::string& why) override {
    if (ended_) return;
    findings_.problems.push_back(name_of(server) + ": " + why);
    findings_.is_away = true;
    finish();
  }
  void on_push(RedisServer&, RedisReply&) override {}
  void one_has_ended() {
    if (--left_ == 0) finish();
  }
  // Every socket is closed before the loop ends.
  void finish() {
    ended_ = true;
    loop_.post([this] {
      locator_.close();
      for (const auto& each : servers_) each->close();
      loop_.stop();
    });
  }

  net::Loop& loop_;
  const RedisKeys keys_;
  const bool durable_;
  const RedisAccess& access_;
  RedisCounts counts_;
  RedisLocator locator_;
  RedisMap map_;
  std::vector<std::unique_ptr<RedisServer>> servers_;
  std::size_t left_ = 0;
  RedisFindings findings_;
  bool ended_ = false;
};

}  // namespace

RedisFindings check_redis(const RedisBroker& broker, bool durable) {
  const RedisSettings settings(broker);
  net::Loop loop;
  Checking checking(loop, settings, durable);
  loop.post([&] { checking.begin(); });
  std::thread([&] { loop.run(); }).join();
  return checking.take();
}

}  // namespace microframe::cluster
