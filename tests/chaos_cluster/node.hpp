// NodeProcess: a node of the cluster, as a process of its own: this program once more.
// serve_node: what that process does. Threading: one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace chaos_cluster {

struct NodeSettings {
  NodeSettings() = default;

  std::string name;
  std::uint16_t port = 0;
  std::string broker;  // its URL
};

// Serves until SIGTERM.
// returns: the exit code.
int serve_node(const NodeSettings& settings);

class NodeProcess {
 public:
  // log: the file that it writes its log to.
  NodeProcess(NodeSettings settings, std::string log);
  ~NodeProcess() { kill(); }
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  void start();
  // Starts it again if it has ended by itself: a broker that is away lets no node start.
  void keep_up();
  void kill();
  // Asks it to end, and waits; kills it if that takes too long.
  // returns: whether it ended by itself.
  bool end();
  void signal(int number) const;
  // From the next start on.
  void rename(std::string name) { settings_.name = std::move(name); }
  bool runs() const { return pid_ > 0; }
  std::uint16_t port() const { return settings_.port; }
  // How often it has ended as no program should: by a signal of its own, or a sanitizer's word.
  unsigned crashes() const { return crashes_; }

 private:
  // returns: whether it has ended.
  bool has_ended(int options);

  NodeSettings settings_;
  const std::string log_;
  pid_t pid_ = -1;
  unsigned crashes_ = 0;
};

}  // namespace chaos_cluster
