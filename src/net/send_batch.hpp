// SendBatch: gives the kernel what many sockets have to send, by one system call
// (io_uring_enter(2)). When submit() returns every send is done, or refused for now: nothing stays
// under way, so frames need not be pinned. Threading: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct iovec;
struct io_uring;

namespace microframe::net {

class SendBatch {
 public:
  // Pieces of one send, at most.
  static constexpr std::size_t kGatherMax = 64;
  // From so many sockets on a batch costs less than one call per socket.
  static constexpr std::size_t kWorthwhile = 4;

  // returns: nullptr if the kernel has no io_uring, or forbids it, as containers do.
  static std::unique_ptr<SendBatch> make();
  ~SendBatch();
  SendBatch(const SendBatch&) = delete;
  SendBatch& operator=(const SendBatch&) = delete;

  // Room for the pieces of the next send; empty: submit() must come first.
  std::span<iovec> pieces();
  // Adds a send of the first `count` of pieces().
  // number: comes back with the result of this send.
  void add(int fd, std::size_t count, std::size_t number);
  bool empty() const { return added_ == 0; }

  struct Result {
    std::size_t number;
    std::int64_t sent;  // bytes, or a negative errno, as EAGAIN
  };
  // Has the kernel do all sends that were added.
  // returns: the results, in no order, good until the next add(). If one is missing, its send was
  // not begun, and is_broken().
  std::span<const Result> submit();
  // The kernel has given up on the ring: nothing may be added any more.
  bool is_broken() const { return broken_; }

 private:
  explicit SendBatch(std::unique_ptr<io_uring> ring);
  void reap(std::size_t count);

  struct Message;
  std::unique_ptr<io_uring> ring_;
  std::unique_ptr<iovec[]> pieces_;
  std::size_t pieces_used_ = 0;
  std::unique_ptr<Message[]> messages_;  // of sends of several pieces
  std::size_t messages_used_ = 0;
  std::size_t added_ = 0;
  std::vector<Result> results_;
  bool broken_ = false;
};

}  // namespace microframe::net
