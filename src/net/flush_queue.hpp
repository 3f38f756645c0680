// FlushQueue: which sockets of a loop have something to send, and how all of them send it at the
// end of an iteration: from a few on by one system call (SendBatch), where the kernel allows that.
// Threading: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/ready_set.hpp"

namespace microframe::net {

class SendBatch;

// What a FlushQueue knows of a socket. These functions throw nothing. A ReadySet tells the same
// sockets: one base for both saves each of them a pointer.
class Flushed : public ReadyEvents {
 public:
  // Sends what can be sent now. It may end the socket and destroy it, and others too.
  virtual void flush() = 0;
  // Adds what waits to be sent to `batch` under `number`, if it may leave that way. It must stay
  // untouched until batch_sent().
  virtual void offer_to(SendBatch& batch, std::size_t number) = 0;
  // The batch has sent so many bytes, or failed with a negative errno.
  // returns: whether nothing is left to do; otherwise flush() follows.
  virtual bool batch_sent(std::int64_t result) = 0;

 protected:
  ~Flushed() = default;
};

class FlushQueue {
 public:
  // batch: nullptr where each socket sends for itself.
  explicit FlushQueue(std::unique_ptr<SendBatch> batch);
  ~FlushQueue();
  FlushQueue(const FlushQueue&) = delete;
  FlushQueue& operator=(const FlushQueue&) = delete;

  // Has `socket` flushed at the end of this iteration. It must not be in the queue already, and
  // must be forgotten before it goes.
  void add(Flushed& socket) { waiting_.push_back(&socket); }
  void forget(const Flushed& socket);
  bool empty() const { return waiting_.empty(); }

  // Flushes every socket in the queue, and those that are added meanwhile.
  void flush();

 private:
  void send_batch(std::size_t begin, std::size_t end);
  void submit_batch();

  std::vector<Flushed*> waiting_;     // nullptr: forgotten, or done already
  bool last_first_ = false;           // the order of the next flush
  std::unique_ptr<SendBatch> batch_;  // nullptr: each socket sends for itself
};

}  // namespace microframe::net
