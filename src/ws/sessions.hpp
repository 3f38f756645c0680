// Sessions: the sessions of microframe.v1 of a whole server, by their names, for those who come back
// to one. Threading: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ref.hpp"
#include "base/slots.hpp"
#include "v1/names.hpp"

namespace microframe::ws {

class Endpoint;
struct Resumption;

// What a session is known by.
struct SessionKey {
  std::string name;    // no secret
  std::string secret;  // never in a log
};

// In a time that tells nothing of where they differ.
bool is_same_secret(std::string_view one, std::string_view other);

// Who has a session and may go on with it. Any thread.
class Resumable {
 public:
  // Whether a client of that endpoint and user may resume it.
  virtual bool belongs_to(const Endpoint& endpoint, std::string_view user) const = 0;
  // Hands the stream over to the session's own loop, which decides what becomes of it.
  virtual void request_resume(std::shared_ptr<Resumption> resumption) = 0;
  // Notes from now on, for some seconds, which messages the session is sent.
  struct Watched {
    bool may_come_back = false;  // false: the session has ended
    std::uint64_t device = 0;
    std::vector<std::string> rooms;
  };
  // told: once, on the session's loop.
  virtual void request_watch(std::function<void(const Watched&)> told) = 0;

 protected:
  ~Resumable() = default;
};

class Sessions {
 public:
  // suspended_max: how many may wait for their clients at once.
  // errors: std::runtime_error where the system has no random bytes; so has make_key().
  explicit Sessions(std::size_t suspended_max);

  // A key for a new session of this server's.
  SessionKey make_key() const;
  // Whether a session of that name has begun on this server, be it that the session has ended since.
  bool have_made(std::string_view name) const { return name.starts_with(run_); }
  // held: what keeps the session alive as long as it is here.
  void add(const SessionKey& key, base::Ref<const base::RefCounted> held, Resumable& session);
  void remove(const std::string& name);

  // A session, held while it is looked at. It may end at any moment, but on its own loop.
  struct Found {
    explicit operator bool() const { return session != nullptr; }

    base::Ref<const base::RefCounted> held;
    Resumable* session = nullptr;
  };
  // returns: none unless the secret is the session's.
  Found find(const v1::ResumeOffer& offer) const;
  std::size_t count() const;
  base::Slots& suspended() { return suspended_; }
  const base::Slots& suspended() const { return suspended_; }

 private:
  struct Entry {
    std::string secret;
    Found found;
  };
  const std::string run_;  // how the names of this server's sessions begin, and no other's
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  base::Slots suspended_;
};

}  // namespace microframe::ws
