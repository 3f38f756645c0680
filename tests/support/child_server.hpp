// ChildServer: this test program once more, as a process of its own that serves: for tests of what
// a whole process may use. What it serves is a test too (see kServe), which the environment sets
// up.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace test {

class ChildServer {
 public:
  // serve: the name of the DISABLED_ test that serves; it writes its port, a line, to descriptor 3,
  // and ends when descriptor 4 does. environment: "NAME=value" each.
  ChildServer(const std::string& serve, const std::vector<std::string>& environment) {
    int told[2];
    int life[2];
    EXPECT_EQ(::pipe(told) + ::pipe(life), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      // Far from 3 and 4 first, so that neither overwrites the other.
      const int out = ::fcntl(told[1], F_DUPFD, 10);
      const int in = ::fcntl(life[0], F_DUPFD, 10);
      ::close(life[1]);
      ::dup2(out, 3);
      ::dup2(in, 4);
      ::close(out);
      ::close(in);
      for (int fd = 5; fd < 1024; ++fd) ::close(fd);
      for (const std::string& variable : environment) ::putenv(::strdup(variable.c_str()));
      const std::string filter = "--gtest_filter=" + serve;
      ::execl("/proc/self/exe", "child", filter.c_str(), "--gtest_also_run_disabled_tests",
              nullptr);
      ::_exit(127);
    }
    ::close(told[1]);
    ::close(life[0]);
    life_ = life[1];
    char text[16] = {};
    EXPECT_GT(::read(told[0], text, sizeof text - 1), 0) << "the child does not serve";
    ::close(told[0]);
    port_ = static_cast<std::uint16_t>(std::atoi(text));
  }
  // returns: whether it ended well, once it was asked to.
  bool end() {
    ::close(life_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  // It ends at once, and does nothing before.
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(life_);
  }

  std::uint16_t port() const { return port_; }
  // CPU time it has had, in clock ticks (proc(5): utime and stime).
  long ticks() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
    std::string field;
    std::getline(file, field, ')');  // the name, which may hold anything
    for (int i = 3; i <= 13; ++i) file >> field;
    long user = 0;
    long system = 0;
    file >> user >> system;
    return user + system;
  }
  // A line of /proc/PID/status in bytes: VmRSS, VmHWM.
  std::size_t memory(const std::string& name) const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1)) * 1024;
    }
    return 0;
  }

 private:
  pid_t pid_ = -1;
  int life_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace test
