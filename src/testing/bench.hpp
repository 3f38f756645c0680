// Bench: a server of one endpoint on a loop that a test runs, and the devices that it has connected.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "microframe/room_options.hpp"
#include "microframe/ws/route.hpp"
#include "testing/device.hpp"
#include "testing/manual_loop.hpp"
#include "ws/endpoint.hpp"
#include "ws/site.hpp"

namespace microframe::testing_detail {

class Bench {
 public:
  explicit Bench(WebSocketRoute route);
  // Ends all connections that there are; their hooks run, and what these wait for does not come.
  ~Bench();

  void add_rooms(std::string pattern, const RoomOptions& options);
  Device& connect(std::string user, const Json& claims);

  ManualLoop loop;
  std::string hook_failure;
  ws::Endpoint endpoint;

 private:
  void open();

  ws::Site site_;
  bool is_open_ = false;
  std::vector<base::Ref<Device>> devices_;
};

}  // namespace microframe::testing_detail
