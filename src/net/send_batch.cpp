#include "net/send_batch.hpp"

#include <liburing.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace microframe::net {
namespace {

// How many sends one submit() takes, and how many pieces all of them have.
constexpr unsigned kSends = 1024;
constexpr std::size_t kPieces = 4096;
constexpr int kFlagsOfSend = MSG_DONTWAIT | MSG_NOSIGNAL;

// Linux 5.18: a send that fails does not hold up the sends behind it.
constexpr unsigned kFlagsOfRing = IORING_SETUP_SUBMIT_ALL;

bool can_send(io_uring& ring) {
  io_uring_probe* probe = io_uring_get_probe_ring(&ring);
  if (!probe) return false;
  const bool can = io_uring_opcode_supported(probe, IORING_OP_SEND) != 0 &&
                   io_uring_opcode_supported(probe, IORING_OP_SENDMSG) != 0;
  io_uring_free_probe(probe);
  return can;
}

}  // namespace

struct SendBatch::Message {
  msghdr head;
};

std::unique_ptr<SendBatch> SendBatch::make() {
  auto ring = std::make_unique<io_uring>();
  if (io_uring_queue_init(kSends, ring.get(), kFlagsOfRing) != 0) return nullptr;
  std::unique_ptr<SendBatch> batch(new SendBatch(std::move(ring)));
  return can_send(*batch->ring_) ? std::move(batch) : nullptr;
}

SendBatch::SendBatch(std::unique_ptr<io_uring> ring)
    : ring_(std::move(ring)), pieces_(new iovec[kPieces]), messages_(new Message[kSends]) {
  results_.reserve(kSends);
}

SendBatch::~SendBatch() {
  io_uring_queue_exit(ring_.get());
}

std::span<iovec> SendBatch::pieces() {
  if (added_ == kSends || kPieces - pieces_used_ < kGatherMax) return {};
  return {pieces_.get() + pieces_used_, kGatherMax};
}

void SendBatch::add(int fd, std::size_t count, std::size_t number) {
  iovec* pieces = pieces_.get() + pieces_used_;
  io_uring_sqe* entry = io_uring_get_sqe(ring_.get());
  if (count == 1) {
    io_uring_prep_send(entry, fd, pieces->iov_base, pieces->iov_len, kFlagsOfSend);
  } else {
    msghdr& message = messages_[messages_used_++].head;
    message = {};
    message.msg_iov = pieces;
    message.msg_iovlen = count;
    io_uring_prep_sendmsg(entry, fd, &message, kFlagsOfSend);
  }
  io_uring_sqe_set_data64(entry, number);
  pieces_used_ += count;
  ++added_;
}

std::span<const SendBatch::Result> SendBatch::submit() {
  results_.clear();
  std::size_t submitted = 0;
  while (submitted < added_) {
    // With MSG_DONTWAIT each send is done when it is submitted.
    const int count =
        io_uring_submit_and_wait(ring_.get(), static_cast<unsigned>(added_ - submitted));
    if (count == -EINTR) continue;
    if (count <= 0) {
      broken_ = true;
      break;
    }
    submitted += static_cast<std::size_t>(count);
    reap(submitted);
  }
  added_ = pieces_used_ = messages_used_ = 0;
  return results_;
}

void SendBatch::reap(std::size_t count) {
  while (results_.size() < count) {
    io_uring_cqe* done = nullptr;
    const int waited = io_uring_wait_cqe(ring_.get(), &done);
    if (waited == -EINTR) continue;
    if (waited != 0) {
      broken_ = true;
      return;
    }
    results_.push_back({static_cast<std::size_t>(io_uring_cqe_get_data64(done)), done->res});
    io_uring_cqe_seen(ring_.get(), done);
  }
}

}  // namespace microframe::net
