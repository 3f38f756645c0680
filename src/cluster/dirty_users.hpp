// DirtyUsers: of which users the other nodes know too little. Threading: any thread; add() is called
// under a hub's lock, and never fails.
#pragma once

#include <new>
#include <set>
#include <string>
#include <utility>

#include "base/mutex.hpp"

namespace microframe::cluster {

class DirtyUsers {
 public:
  struct Taken {
    std::set<std::string> users;
    bool all = false;  // and of others, which there was no memory to name
  };

  // returns: whether it is the first since take().
  bool add(const std::string& user) noexcept {
    const base::Lock lock(mutex_);
    const bool is_first = taken_.users.empty() && !taken_.all;
    try {
      taken_.users.insert(user);
    } catch (const std::bad_alloc&) {
      taken_.all = true;
    }
    return is_first;
  }
  Taken take() {
    const base::Lock lock(mutex_);
    return std::exchange(taken_, Taken());
  }
  // What was taken could not be told.
  void add_all() noexcept {
    const base::Lock lock(mutex_);
    taken_.all = true;
  }

 private:
  base::Mutex mutex_;
  Taken taken_ MICROFRAME_GUARDED_BY(mutex_);
};

}  // namespace microframe::cluster
