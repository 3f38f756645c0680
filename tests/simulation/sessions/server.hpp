// Server: the simulated server: its door, and the sessions it has had. Any loop.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/sessions/host.hpp"
#include "simulation/sessions/link.hpp"
#include "simulation/sessions/scene.hpp"

namespace microframe::simulation::sessions {

// A token says whose it is and until when: what else may be wrong with one is simulated elsewhere
// (Pass).
struct ShownToken {
  std::string user;
  std::uint64_t expires_ms;
};
std::optional<ShownToken> parse_token(std::string_view token);
std::string make_token(const std::string& user, std::uint64_t expires_ms);

// Whether a client comes back after this Close of the server's.
bool heals(std::uint16_t code);

class Server {
 public:
  explicit Server(Scene& scene) : scene_(scene) {}

  // The next that is on its way up arrives.
  void arrive(Link& link);
  // An accepted link begins a session, on that loop, which is current.
  void begin_anew(const Arrival& arrival, std::size_t loop);
  // A session has ended: nobody resumes it.
  void forget(const std::string& name) { resumable_.erase(name); }
  // nullptr if that one has ended.
  Host* find(const std::string& name) const;

  // Of all times.
  const std::vector<base::Ref<Host>>& hosts() const { return hosts_; }

 private:
  void receive_request(Link& link);
  void refuse(Link& link);

  Scene& scene_;
  std::vector<base::Ref<Host>> hosts_;
  std::map<std::string, Host*> resumable_;
};

}  // namespace microframe::simulation::sessions
