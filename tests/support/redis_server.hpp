// RedisProcess: a redis-server of a test, on a free port of loopback, in a folder of its own; gone
// with the object. RedisShell: a connection to one, for what a test does behind the broker's back.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test {

// A port that nobody listens on just now. Not one of those that the kernel gives to clients: while a
// server is down, one of them could take its port.
inline std::uint16_t free_port() {
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> any(11'000, 32'000);
  while (true) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(any(random)));
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_free = ::bind(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
    ::close(fd);
    if (is_free) return ntohs(where.sin_port);
  }
}

// Speaks to a Redis in its inline form, one command at a time; waits.
class RedisShell {
 public:
  explicit RedisShell(std::uint16_t port) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
  }
  ~RedisShell() { ::close(fd_); }
  RedisShell(const RedisShell&) = delete;
  RedisShell& operator=(const RedisShell&) = delete;

  bool is_connected() const { return connected_; }
  // returns: the answer as Redis writes it, arrays with a line for each item; "" if there is none.
  std::string ask(const std::string& command) {
    const std::string line = command + "\r\n";
    if (::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) < 0) return {};
    return answer();
  }

 private:
  std::string answer() {
    const std::string first = line();
    if (first.empty()) return {};
    const long long size = std::atoll(first.c_str() + 1);
    if (first[0] == '$') {
      if (size < 0) return "(nil)";
      while (bytes_.size() < static_cast<std::size_t>(size) + 2 && more()) {
      }
      const std::string text = bytes_.substr(0, static_cast<std::size_t>(size));
      bytes_.erase(0, static_cast<std::size_t>(size) + 2);
      return text;
    }
    if (first[0] != '*') return first.substr(first[0] == '-' ? 0 : 1);
    std::string all;
    for (long long i = 0; i < size; ++i) all += answer() + "\n";
    return all;
  }
  std::string line() {
    std::size_t end = 0;
    while ((end = bytes_.find("\r\n")) == std::string::npos) {
      if (!more()) return {};
    }
    const std::string result = bytes_.substr(0, end);
    bytes_.erase(0, end + 2);
    return result;
  }
  bool more() {
    char read[4096];
    const ssize_t size = ::recv(fd_, read, sizeof read, 0);
    if (size > 0) bytes_.append(read, static_cast<std::size_t>(size));
    return size > 0;
  }

  int fd_ = -1;
  bool connected_ = false;
  std::string bytes_;
};

class RedisProcess {
 public:
  // arguments: as on redis-server's command line. port: 0 for a free one.
  explicit RedisProcess(std::vector<std::string> arguments = {}, std::uint16_t port = 0)
      : port_(port ? port : free_port()), arguments_(std::move(arguments)) {
    make_folder();
    start();
  }
  // A sentinel, which rewrites its configuration itself.
  static std::unique_ptr<RedisProcess> sentinel(const std::string& config) {
    auto made = std::unique_ptr<RedisProcess>(new RedisProcess(Sentinel{}));
    made->config_ = made->folder_ + "/sentinel.conf";
    std::ofstream(made->config_) << "port " << made->port_ << "\nbind 127.0.0.1\n"
                                 << "dir " << made->folder_ << "\n"
                                 << config;
    made->start();
    return made;
  }
  ~RedisProcess() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "redis://" + address(); }
  const std::string& folder() const { return folder_; }

  // Starts it, on the same port, and waits until it listens.
  void start() {
    if (!config_.empty()) {
      run({"redis-sentinel", config_});
      return wait_until_it_listens();
    }
    std::vector<std::string> words{
        "redis-server",  "--save",     "",        "--appendonly", "no",    "--bind",
        "127.0.0.1",     "--loglevel", "warning", "--dir",        folder_, "--logfile",
        folder_ + "/log"};
    if (!has_own_ports()) words.insert(words.end(), {"--port", std::to_string(port_)});
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    run(words);
    wait_until_it_listens();
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void signal(int number) const { ::kill(pid_, number); }
  std::string ask(const std::string& command) const { return RedisShell(port_).ask(command); }

 private:
  struct Sentinel {};
  explicit RedisProcess(Sentinel) : port_(free_port()) { make_folder(); }

  void make_folder() {
    char folder[] = "/tmp/microframe-redis-XXXXXX";
    if (!::mkdtemp(folder)) throw std::runtime_error("no folder for redis-server");
    folder_ = folder;
  }
  bool has_own_ports() const {
    for (const std::string& word : arguments_) {
      if (word == "--port") return true;
    }
    return false;
  }
  void run(std::vector<std::string> words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, STDOUT_FILENO);
      ::dup2(null, STDERR_FILENO);
      for (int fd = 3; fd < 1024; ++fd) ::close(fd);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
  }
  void wait_until_it_listens() {
    for (int i = 0; i < 2'000; ++i) {
      if (RedisShell(port_).is_connected()) return;
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        const bool is_missing = WIFEXITED(status) && WEXITSTATUS(status) == 127;
        throw std::runtime_error(is_missing ? "redis-server is not installed: run ./dev setup"
                                            : "redis-server has ended, see " + folder_ + "/log");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    throw std::runtime_error("redis-server does not listen");
  }

  std::uint16_t port_;
  std::vector<std::string> arguments_;
  std::string folder_;
  std::string config_;  // of a sentinel
  pid_t pid_ = -1;
};

}  // namespace test
