#include "chaos_cluster/node.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <utility>

#include "chaos_cluster/hall.hpp"

namespace chaos_cluster {
namespace {

using namespace microframe;
using namespace std::chrono_literals;

// The times of a real server are too long to wait for.
Limits limits() {
  Limits limits;
  limits.messages_per_second = 0;
  limits.handshakes_per_address_per_second = 0;
  limits.handshakes_per_user_per_second = 0;
  limits.devices_per_user_max = 100;
  limits.ping_interval = 300ms;
  limits.pong_time = 700ms;
  limits.session_ttl = 5s;
  limits.closing_time = 200ms;
  limits.drain_notice = 50ms;
  limits.drain_time = 1s;
  return limits;
}

}  // namespace

int serve_node(const NodeSettings& settings) {
  const authx::AuthConfig auth{std::string(32, 's')};
  Application app;
  app.route<Hall>("/ws", auth);
  app.limits(limits()).threads(2);
  app.rooms("hall:*", RoomOptions().history(kKept, 5min, 64 << 20).presence());
  app.cluster(RedisBroker(settings.broker),
              ClusterOptions().node(settings.name).offline_delay(500ms));
  return app.run("127.0.0.1:" + std::to_string(settings.port));
}

NodeProcess::NodeProcess(NodeSettings settings, std::string log)
    : settings_(std::move(settings)), log_(std::move(log)) {}

void NodeProcess::start() {
  const std::string port = std::to_string(settings_.port);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  for (int fd = 3; fd < 1024; ++fd) ::close(fd);
  ::setenv("ASAN_OPTIONS", "abort_on_error=1", 0);
  ::setenv("TSAN_OPTIONS", "halt_on_error=1:abort_on_error=1", 0);
  ::execl("/proc/self/exe", "chaos_cluster", "--serve", settings_.name.c_str(), port.c_str(),
          settings_.broker.c_str(), nullptr);
  ::_exit(127);
}

bool NodeProcess::has_ended(int options) {
  if (pid_ <= 0) return true;
  int status = 0;
  if (::waitpid(pid_, &status, options) != pid_) return false;
  pid_ = -1;
  const bool is_killed =
      WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
  // 1: it was not let start.
  const bool is_good = WIFEXITED(status) && WEXITSTATUS(status) <= 1;
  if (!is_killed && !is_good) ++crashes_;
  return true;
}

void NodeProcess::keep_up() {
  if (pid_ <= 0 || !has_ended(WNOHANG)) return;
  start();
}

void NodeProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  has_ended(0);
}

bool NodeProcess::end() {
  signal(SIGTERM);
  for (int i = 0; i < 2'000; ++i) {
    if (has_ended(WNOHANG)) return true;
    std::this_thread::sleep_for(10ms);
  }
  kill();
  return false;
}

void NodeProcess::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

}  // namespace chaos_cluster
