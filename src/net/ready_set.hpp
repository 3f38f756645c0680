// ReadySet: the sockets of a loop in one epoll set of their own, which libuv watches as a single
// descriptor. libuv's own handle for a descriptor would cost four more system calls and 200 bytes
// per connection (ADR 6). Threading: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

struct epoll_event;
struct uv_loop_s;
struct uv_poll_s;

namespace microframe::net {

// What a descriptor is ready for. A descriptor that has failed is ready for both: the read or the
// write then shows the error.
struct Readiness {
  bool readable;
  bool writable;
  bool ended;  // it has failed, or the peer sends no more: there is an end behind what can be read
};

class ReadyEvents {
 public:
  // The receiver may be destroyed meanwhile, if it takes itself out of the set.
  virtual void on_ready(Readiness ready) = 0;

 protected:
  ~ReadyEvents() = default;
};

class ReadySet {
 public:
  // errors: ConfigError if the system has no descriptor left.
  explicit ReadySet(uv_loop_s* loop);
  ~ReadySet();
  ReadySet(const ReadySet&) = delete;
  ReadySet& operator=(const ReadySet&) = delete;

  // What a descriptor is watched for. A descriptor that is watched for nothing is taken out of the
  // set, because the kernel would tell of its hang-up again and again.
  struct Interest {
    bool readable : 1 = false;
    bool writable : 1 = false;
    // Tells only once of what has come, of new room and of an end, not for as long as they last:
    // the receiver must read until there is no more, or be told again by change(). This spares the
    // kernel a second look at each descriptor, a hundredth of an echo.
    bool once : 1 = false;
    bool operator==(const Interest&) const = default;
    bool none() const { return !readable && !writable; }
  };

  // Watches `fd` for `wanted`, in place of `watched`, and tells what `fd` is ready for already.
  // returns: false if the kernel has no memory for that; `fd` is then watched as before.
  bool change(int fd, ReadyEvents& events, Interest watched, Interest wanted);
  // Forgets what is still to be told to `events`, which is about to be destroyed. Its descriptor
  // must no longer be watched.
  void forget(const ReadyEvents& events);
  // Whether on_ready of `events` is under way and has not been forgotten. `events` is only
  // compared, not dereferenced.
  bool is_telling(const ReadyEvents* events) const { return telling_ == events; }

 private:
  static constexpr std::size_t kEventsMax = 512;

  void tell();

  int fd_;
  uv_poll_s* poll_;  // closed with the loop
  std::unique_ptr<epoll_event[]> ready_;
  std::size_t ready_count_ = 0;
  std::size_t next_ = 0;  // of ready_, still to be told
  const ReadyEvents* telling_ = nullptr;
};

}  // namespace microframe::net
