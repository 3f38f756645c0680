#include "proto/inflater_pool.hpp"

#include <utility>

namespace microframe::proto {
namespace {

// More are in use only while as many messages come in pieces.
constexpr std::size_t kIdleMax = 4;
// Of the output of one that many share; the one of a single connection keeps none while it is idle.
constexpr std::size_t kIdleOutputBytes = 64 * 1024;

}  // namespace

std::unique_ptr<Inflater> InflaterPool::take() {
  if (idle_.empty()) return std::make_unique<Inflater>(window_bits_, context_);
  auto inflater = std::move(idle_.back());
  idle_.pop_back();
  return inflater;
}

void InflaterPool::give(std::unique_ptr<Inflater> inflater) {
  if (counts_) counts_->add(inflater->output().size(), inflater->bytes_fed());
  if (idle_.size() >= kIdleMax) return;
  inflater->restart();
  inflater->trim(context_ == Context::kept ? 0 : kIdleOutputBytes);
  idle_.push_back(std::move(inflater));
}

}  // namespace microframe::proto
