#include "net/outbox.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace microframe::net {
namespace {

constexpr std::size_t kCompactFrom = 64;  // frames that have left before rest_ is moved up

iovec piece_of(base::Bytes bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

}  // namespace

void Outbox::push(base::SharedBuffer frame) {
  const std::size_t size = frame.size();
  assert(size != 0);
  if (!front_) {
    front_ = std::move(frame);
  } else {
    rest_.push_back(std::move(frame));
  }
  bytes_ += size;  // last: push_back may throw, and then there is no more to write than before
}

void Outbox::push_urgent(base::SharedBuffer frame) {
  if (!front_) return push(std::move(frame));
  const std::size_t size = frame.size();
  const auto next = rest_.begin() + static_cast<std::ptrdiff_t>(rest_begin_);
  const auto placed = rest_.insert(next, std::move(frame));
  if (front_left_ == 0) std::swap(front_, *placed);
  bytes_ += size;
}

std::size_t Outbox::gather(std::span<iovec> pieces, std::size_t& offered) const {
  if (!front_) return offered = 0;
  pieces[0] = piece_of(front_.bytes().subspan(front_left_));
  offered = pieces[0].iov_len;
  std::size_t count = 1;
  for (std::size_t i = rest_begin_; i < rest_.size() && count < pieces.size(); ++i, ++count) {
    pieces[count] = piece_of(rest_[i].bytes());
    offered += pieces[count].iov_len;
  }
  return count;
}

std::size_t Outbox::drop_oldest(std::uint64_t stream, std::size_t bytes) {
  return drop(base::Shedding::Rule::oldest, stream, bytes);
}

std::size_t Outbox::drop_superseded(std::uint64_t stream) {
  return drop(base::Shedding::Rule::superseded, stream, bytes_);
}

std::size_t Outbox::drop(base::Shedding::Rule rule, std::uint64_t stream, std::size_t bytes) {
  std::size_t freed = 0;
  const auto goes = [&](const base::SharedBuffer& frame) {
    const base::Shedding shedding = frame.shedding();
    if (freed >= bytes || shedding.rule != rule || shedding.stream != stream) return false;
    freed += frame.size();
    return true;
  };
  const auto begin = rest_.begin() + static_cast<std::ptrdiff_t>(rest_begin_);
  const auto kept = std::remove_if(begin, rest_.end(), goes);
  const auto count = static_cast<std::size_t>(rest_.end() - kept);
  rest_.erase(kept, rest_.end());
  bytes_ -= freed;
  return count;
}

void Outbox::consume(std::size_t bytes) {
  assert(bytes <= bytes_);
  bytes_ -= bytes;
  front_left_ += bytes;
  while (front_ && front_left_ >= front_.size()) {
    front_left_ -= front_.size();
    next_front();
  }
}

void Outbox::next_front() {
  if (rest_begin_ == rest_.size()) {
    front_ = {};
    // Not `= {}`, which would keep the block of memory.
    if (rest_.capacity() != 0) rest_ = std::vector<base::SharedBuffer>();
    rest_begin_ = 0;
    return;
  }
  front_ = std::move(rest_[rest_begin_++]);
  if (rest_begin_ >= kCompactFrom && rest_begin_ * 2 > rest_.size()) {
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(rest_begin_));
    rest_begin_ = 0;
  }
}

}  // namespace microframe::net
