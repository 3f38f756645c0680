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

// A token says whose it is and until when it is good: what else may be wrong with a token is
// simulated elsewhere (Pass).
struct ShownToken {
  std::string user;
  std::uint64_t expires_ms;
};
std::optional<ShownToken> parse_token(std::string_view token);
std::string make_token(const std::string& user, std::uint64_t expires_ms);

class Server {
 public:
  explicit Server(Scene& scene) : scene_(scene) {}

  // The next item that is on its way up arrives.
  void arrive(Link& link);
  // An accepted link begins a session on `loop`, which is the current one.
  void begin_anew(const Arrival& arrival, std::size_t loop);
  // A session has ended: nobody resumes it.
  void forget(const std::string& name) { resumable_.erase(name); }
  // returns: nullptr if that session has ended.
  Host* find(const std::string& name) const;

  // Every session there has been.
  const std::vector<base::Ref<Host>>& hosts() const { return hosts_; }

 private:
  void receive_request(Link& link);
  void refuse(Link& link);

  Scene& scene_;
  std::vector<base::Ref<Host>> hosts_;
  std::map<std::string, Host*> resumable_;
};

}  // namespace microframe::simulation::sessions
