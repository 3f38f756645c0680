// ReadySet: the sockets of a loop in one epoll set of their own, which libuv watches as a single
// descriptor. libuv's own handle for a descriptor would cost four more system calls and 200 bytes a
// connection (ADR 6). Threading: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

struct epoll_event;
struct uv_loop_s;
struct uv_poll_s;

namespace microframe::net {

// What a descriptor is ready for. One that has failed is ready for both, which reads and writes
// then tell.
struct Readiness {
  bool readable;
  bool writable;
  bool ended;  // it has failed, or the peer sends no more: there is an end behind what can be read
};

class ReadyEvents {
 public:
  // `this` may go meanwhile, if it takes itself out of the set.
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

  // What a descriptor is watched for. The set of nothing is not watched at all, for the kernel
  // tells a hang-up of what is watched for nothing, again and again.
  struct Interest {
    bool readable : 1 = false;
    bool writable : 1 = false;
    // Tells once of what has come or of new room, and of an end, not as long as there is any:
    // whoever asks for it reads until there is no more, or has itself told anew by change(). It
    // spares the kernel to look at each descriptor again, a hundredth of an echo.
    bool once : 1 = false;
    bool operator==(const Interest&) const = default;
    bool none() const { return !readable && !writable; }
  };

  // Watches `fd` for `wanted`, in place of `watched`, and tells what it is ready for already.
  // returns: false if the kernel has no memory for it; it is then watched as before.
  bool change(int fd, ReadyEvents& events, Interest watched, Interest wanted);
  // Forgets what is still to be told to `events`, which is about to go. Its descriptor is watched
  // for nothing.
  void forget(const ReadyEvents& events);
  // Whether on_ready of these events is under way, and they are still in the set: only compared,
  // not touched.
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
