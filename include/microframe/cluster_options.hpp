// ClusterOptions: how this process takes part in a cluster, beside its broker; ClusterNode: what it
// knows of a node.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace microframe {

// A value; each setter returns the options themselves.
class ClusterOptions {
 public:
  // The node's name, which no other node may have: it names it in logs, in metrics and to the others.
  // 1 to 255 bytes of printable ASCII. Default: the host's name and the port that is served.
  ClusterOptions& node(std::string name) {
    node_ = std::move(name);
    return *this;
  }
  // How long a user may be without a device before on_user_offline runs: a page that is loaded anew
  // passes unseen. Default: 5 s.
  ClusterOptions& offline_delay(std::chrono::milliseconds delay) {
    offline_delay_ = delay;
    return *this;
  }

  const std::string& node() const { return node_; }
  std::chrono::milliseconds offline_delay() const { return offline_delay_; }

 private:
  std::string node_;
  std::chrono::milliseconds offline_delay_{5000};
};

// Another node of the cluster, as this one knows it.
struct ClusterNode {
  ClusterNode() = default;

  std::string name;
  // Whether all that the node has told of its users has been heard. Until then the users that are on
  // it may be missing from what is asked about them.
  bool is_heard = false;
};

}  // namespace microframe
