// KeyCache: the keys of one issuer as they are known, and when to fetch them anew. PURE: time and
// chance come in as arguments.
//
//   resting --begin--> fetching --succeed or fail--> resting
//
// At most one fetch begins per cool-down, whether the interval is over or somebody asks for a key
// that is not known, however many ask. A fetch that fails changes no key; keys are known until they
// are age_max old.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "authx/jwks.hpp"
#include "microframe/authx/jwks_source.hpp"

namespace microframe::authx {

class KeyCache {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  using Duration = Moment::duration;

  // The first fetch is due at once.
  KeyCache(const JwksSource& source, Moment now);

  // returns: nullptr if no keys were ever fetched, or too long ago.
  std::shared_ptr<const KeySet> keys(Moment now) const;

  // What can be said of a key that was not among keys() at `since`, nor at `looked`, which is when
  // they were looked at last.
  enum class Outlook : std::uint8_t {
    absent,   // a fetch that began since then has not brought it: there is no such key
    renewed,  // keys have come after that look: look again
    coming,   // a fetch is under way, or begins before the deadline: ask again when it has ended
    too_far,  // nobody can tell before the deadline
  };
  // Has the keys fetched as soon as the cool-down allows, unless the key is absent.
  Outlook want(Moment since, Moment looked, Moment deadline);

  // When the next fetch must begin; Moment::max() while one is under way.
  Moment next_fetch() const;
  bool is_fetching() const { return fetching_; }

  // A fetch begins. Not while one is under way.
  void begin(Moment now);
  // The fetch has brought `keys`: from `now` on, keys() gives them.
  // max_age: of the answer.
  // chance:  a new number in [0, 1) each time, so that many servers do not fetch at the same
  // moment.
  void succeed(Moment now, std::shared_ptr<const KeySet> keys,
               std::optional<std::chrono::seconds> max_age, double chance);
  // The fetch has brought nothing.
  void fail(double chance);

 private:
  void end(Duration wait, double chance);

  Duration cool_down_;
  Duration interval_;
  Duration age_max_;
  std::shared_ptr<const KeySet> keys_;
  std::optional<Moment> known_since_;  // when the fetch began that brought keys_
  Moment came_;                        // when it ended
  bool fetching_ = false;
  bool wanted_ = false;  // a key that was not known
  Moment began_;         // the last fetch
  Moment cool_until_;
  Moment refresh_at_;
};

}  // namespace microframe::authx
