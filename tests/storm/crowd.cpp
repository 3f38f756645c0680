#include "storm/crowd.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace storm {
namespace {

using namespace microframe;

template <class Time>
double to_seconds(Time time) {
  if constexpr (requires { time.time_since_epoch(); }) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
  } else {
    return std::chrono::duration<double>(time).count();
  }
}

template <class Time>
boost::json::array to_array(const std::vector<Time>& times) {
  boost::json::array seconds;
  seconds.reserve(times.size());
  for (const Time time : times) seconds.emplace_back(to_seconds(time));
  return seconds;
}

}  // namespace

Crowd::Crowd(const std::string& url, std::size_t clients, const authx::AuthConfig& auth)
    : tracks_(clients) {
  for (Track& track : tracks_) track.was_lost = true;  // they have not connected yet
  const auto options = authx::TokenOptions().ttl(std::chrono::hours(2));
  for (std::size_t n = 0; n < clients; ++n) {
    ClientOptions how;
    how.token = [token = authx::create_access_token(auth, "user" + std::to_string(n), options)] {
      return token;
    };
    Client& client = clients_.emplace_back(loop_, url, std::move(how));
    client.on_state([this, n](const ClientStatus& status) { on_state(n, status); });
    client.connect();
  }
}

void Crowd::on_state(std::size_t client, const ClientStatus& status) {
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  Track& track = tracks_[client];
  if (status.state == ClientState::reconnecting) {
    if (!std::exchange(track.was_lost, true)) losses_.push_back(now);
    track.next_attempt = now + status.retry;
    attempts_.push_back(track.next_attempt);
  } else if (status.state == ClientState::open && track.was_lost && !track.is_back) {
    track.is_back = true;
    returns_.push_back(now);
    // Later than the attempt by the delay of our own loop: rather too long than too short.
    accepts_.push_back(now - track.next_attempt);
    if (++back_ == tracks_.size()) all_back_.notify_one();
  }
}

void Crowd::begin_round() {
  const std::lock_guard lock(mutex_);
  for (Track& track : tracks_) track = {};
  back_ = 0;
  losses_.clear();
  attempts_.clear();
  returns_.clear();
  accepts_.clear();
}

void Crowd::wait_until_back() {
  std::unique_lock lock(mutex_);
  all_back_.wait(lock, [this] { return back_ == tracks_.size(); });
}

Json Crowd::report() const {
  const std::lock_guard lock(mutex_);
  return {{"lost", to_array(losses_)},
          {"tried", to_array(attempts_)},
          {"back", to_array(returns_)},
          {"accepted", to_array(accepts_)}};
}

}  // namespace storm
