// Revocations: users whose tokens are no longer good, and up to which time of issue. Any thread.
// An entry stays for ever, because nobody knows how long a token that was issued before it may
// still live. The table is bounded all the same: past the bound the oldest entry is dropped, and
// every token that is as old, of any user, is no longer good either.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.hpp"
#include "microframe/authx/claims.hpp"

namespace microframe::guard {

class Revocations {
 public:
  static constexpr std::size_t kUsersMax = 100'000;

  explicit Revocations(std::size_t users_max = kUsersMax) : users_max_(users_max) {}

  // From now on the user's tokens issued up to `now` are not good. `now` must not run backwards by
  // much.
  void revoke(std::string_view user, authx::Time now);

  // Whether the user's token that was issued at `issued_at` is no longer good. An `iat` counts whole
  // seconds: a token of the second of the revocation is taken for older. A token without `iat` is
  // older than any revocation.
  bool covers(std::string_view user, authx::Time issued_at) const;

  std::size_t size() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  struct Entry {
    std::int64_t until_s;  // tokens issued up to this second since 1970
    std::list<std::string>::iterator place;
  };

  const std::size_t users_max_;
  std::atomic<bool> any_{false};  // most applications never revoke
  mutable base::Mutex mutex_;
  // The keys lie in order_.
  std::unordered_map<std::string_view, Entry, Hash, std::equal_to<>> entries_
      MICROFRAME_GUARDED_BY(mutex_);
  std::list<std::string> order_ MICROFRAME_GUARDED_BY(mutex_);  // oldest first
  std::int64_t everyone_until_s_ MICROFRAME_GUARDED_BY(mutex_) = -1;
};

}  // namespace microframe::guard
