// NodeEvents: what the application is told of the cluster. Called on the broker's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace microframe::cluster {

class NodeEvents {
 public:
  // This node has its name, and hears the others.
  virtual void started() = 0;
  // The node cannot go on, because another one has its name. why: for the operator.
  virtual void refused(const std::string& why) = 0;
  // The user's first device has come anywhere in the cluster; the last one has gone, some time ago. Of
  // all nodes one is told. Where a node dies at that moment, none may be.
  virtual void user_online(std::string_view endpoint, const std::string& user) = 0;
  virtual void user_offline(std::string_view endpoint, const std::string& user) = 0;

 protected:
  ~NodeEvents() = default;
};

}  // namespace microframe::cluster
