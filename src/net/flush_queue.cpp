#include "net/flush_queue.hpp"

#include <algorithm>
#include <utility>

#include "net/send_batch.hpp"

namespace microframe::net {

FlushQueue::FlushQueue(std::unique_ptr<SendBatch> batch) : batch_(std::move(batch)) {}
FlushQueue::~FlushQueue() = default;

void FlushQueue::forget(const Flushed& socket) {
  std::replace(waiting_.begin(), waiting_.end(), const_cast<Flushed*>(&socket),
               static_cast<Flushed*>(nullptr));
}

// A flush may end a socket, and its owner may then send on other sockets: these are appended, and
// are flushed too. Every other time the last socket comes first: what the kernel keeps of the
// sockets that it served last is still in the caches.
void FlushQueue::flush() {
  for (std::size_t i = 0; i < waiting_.size();) {
    const std::size_t end = waiting_.size();
    if (std::exchange(last_first_, !last_first_)) {
      std::reverse(waiting_.begin() + static_cast<std::ptrdiff_t>(i), waiting_.end());
    }
    if (batch_ && end - i >= SendBatch::kWorthwhile) send_batch(i, end);
    for (; i < end; ++i) {
      if (waiting_[i]) waiting_[i]->flush();
    }
  }
  waiting_.clear();
}

// No code of the sockets' owners runs meanwhile, so no socket goes, nor does what it sends.
void FlushQueue::send_batch(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end && batch_; ++i) {
    if (!waiting_[i]) continue;
    waiting_[i]->offer_to(*batch_, i);
    if (batch_->pieces().empty()) submit_batch();
  }
  if (batch_ && !batch_->empty()) submit_batch();
}

void FlushQueue::submit_batch() {
  for (const SendBatch::Result& result : batch_->submit()) {
    Flushed*& socket = waiting_[result.number];
    if (socket->batch_sent(result.sent)) socket = nullptr;
  }
  if (batch_->is_broken()) batch_.reset();
}

}  // namespace microframe::net
