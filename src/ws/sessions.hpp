// Sessions: the sessions of microframe.v1 of a whole server, by their names, for those who come
// back to one. Threading: any.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/ref.hpp"
#include "base/slots.hpp"
#include "v1/names.hpp"

namespace microframe::ws {

class ServerConnection;

// What a session is known by.
struct SessionKey {
  std::string name;    // no secret
  std::string secret;  // never in a log
  // errors: std::runtime_error where the system has no random bytes.
  static SessionKey make();
};

class Sessions {
 public:
  // suspended_max: how many may wait for their clients at once.
  explicit Sessions(std::size_t suspended_max);
  ~Sessions();

  void add(const SessionKey& key, ServerConnection& connection);
  void remove(const std::string& name);
  // returns: none unless the secret is the session's. It may end at any moment, but on its own
  // loop.
  base::Ref<ServerConnection> find(const v1::ResumeOffer& offer) const;
  std::size_t count() const;
  base::Slots& suspended() { return suspended_; }
  const base::Slots& suspended() const { return suspended_; }

 private:
  struct Entry {
    std::string secret;
    base::Ref<ServerConnection> connection;
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  base::Slots suspended_;
};

}  // namespace microframe::ws
