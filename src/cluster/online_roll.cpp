#include "cluster/online_roll.hpp"

#include <utility>

#include "base/to_ms.hpp"
#include "cluster/names.hpp"

namespace microframe::cluster {

using Names = std::vector<std::string>;
using hub::Broker;
template <class T>
using Outcome = base::Result<T, Broker::Failure>;

OnlineRoll::OnlineRoll(Broker& broker, Turns& turns, NodeEvents& events, std::string endpoint,
                       std::string entry, std::chrono::milliseconds offline_delay)
    : broker_(broker),
      turns_(turns),
      events_(events),
      endpoint_(std::move(endpoint)),
      entry_(std::move(entry)),
      roll_(online_roll(endpoint_)),
      delay_ms_(base::to_ms(offline_delay)) {}

void OnlineRoll::start() {
  started_ = true;
  Names all;
  for (const auto& [user, state] : users_) all.push_back(user);
  for (const std::string& user : all) settle(user);
}

void OnlineRoll::set(const std::string& user, bool here) {
  auto found = users_.find(user);
  if (found == users_.end() && !here) return;
  if (found == users_.end()) found = users_.try_emplace(user).first;
  User& state = found->second;
  if (state.here == here) return;
  state.here = here;
  if (!here) state.gone_ms = turns_.now_ms();
  if (!here && delay_ms_ != 0 && state.entered) {
    turns_.after(std::chrono::milliseconds(delay_ms_), [this, user] { settle(user); });
  } else {
    settle(user);
  }
}

void OnlineRoll::set_all(const Names& users) {
  const std::set<std::string> here(users.begin(), users.end());
  Names gone;
  for (const auto& [user, state] : users_)
    if (here.count(user) == 0) gone.push_back(user);
  for (const std::string& user : gone) set(user, false);
  for (const std::string& user : users) set(user, true);
}

void OnlineRoll::settle(const std::string& user) {
  const auto found = users_.find(user);
  if (found == users_.end() || found->second.asking || !started_) return;
  User& state = found->second;
  if (state.here && !state.entered) return enter(user, state);
  if (state.here) return;
  if (!state.entered) {
    users_.erase(found);
  } else if (turns_.now_ms() >= state.gone_ms + delay_ms_) {
    leave(user, state);
  } else {
    // It came and went while the broker was asked.
    const std::uint64_t left_ms = state.gone_ms + delay_ms_ - turns_.now_ms();
    turns_.after(std::chrono::milliseconds(left_ms), [this, user] { settle(user); });
  }
}

void OnlineRoll::enter(const std::string& user, User& state) {
  state.asking = true;
  broker_.enter(roll_, user, entry_, [this, user](const Outcome<bool>& first) {
    User& entered = users_[user];
    entered.asking = false;
    if (!first) return later(user);
    entered.entered = true;
    const bool quiet = std::exchange(entered.quiet, false);
    const bool owed = std::exchange(entered.owed, false);
    entered.untold = *first && quiet;
    if ((*first && !quiet) || owed) events_.user_online(endpoint_, user);
    settle(user);
  });
}

void OnlineRoll::leave(const std::string& user, User& state) {
  state.asking = true;
  broker_.leave(roll_, user, entry_, [this, user](const Outcome<bool>& last) {
    User& left = users_[user];
    left.asking = false;
    if (!last) return later(user);
    left.entered = false;
    if (std::exchange(left.untold, false) && !*last) untold_.insert(user);
    if (*last) events_.user_offline(endpoint_, user);
    settle(user);
  });
}

void OnlineRoll::later(const std::string& user) {
  failed_.insert(user);
}

void OnlineRoll::check() {
  for (const std::string& user : std::exchange(failed_, {})) settle(user);
  if (turns_.now_ms() > quiet_ms_ + kUntoldMs) untold_.clear();
}

void OnlineRoll::enter_again(bool told) {
  const std::set<std::string> elsewhere = std::exchange(untold_, {});
  if (told)
    for (const std::string& user : elsewhere) events_.user_online(endpoint_, user);
  if (!told) quiet_ms_ = turns_.now_ms();
  Names all;
  for (auto& [user, state] : users_) {
    // Who was entered after others saw to this node, and has gone, is still taken out in time.
    if (told && !state.here) continue;
    const bool was_entered = std::exchange(state.entered, false);
    state.quiet = was_entered && !told;
    state.owed = std::exchange(state.untold, false) && told;
    // Also who has just gone, to be taken out in time, and told of then.
    if (state.quiet && !state.asking && started_) {
      enter(user, state);
    } else {
      all.push_back(user);
    }
  }
  for (const std::string& user : all) settle(user);
}

void OnlineRoll::strike(const std::string& node, std::function<void(bool)> done) {
  broker_.strike(roll_, node, [this, done = std::move(done)](const Outcome<Names>& gone) {
    if (gone)
      for (const std::string& user : *gone) events_.user_offline(endpoint_, user);
    done(gone.ok());
  });
}

}  // namespace microframe::cluster
