// InflaterPool: inflaters for the messages that are being read, so that who reads none holds none.
// Threading: the loop's whose connections share it. One with a kept context belongs to one
// connection.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proto/compression_counts.hpp"
#include "proto/deflate_params.hpp"
#include "proto/inflater.hpp"

namespace microframe::proto {

class InflaterPool {
 public:
  // counts: where what is inflated is counted, nullptr for nowhere; borrowed.
  explicit InflaterPool(std::uint8_t window_bits = kWindowBitsMax,
                        Context context = Context::dropped, CompressionCounts* counts = nullptr)
      : window_bits_(window_bits), context_(context), counts_(counts) {}

  // One that is ready for a message.
  std::unique_ptr<Inflater> take();
  // For the next message: of any connection, or with a kept context, of this one.
  void give(std::unique_ptr<Inflater> inflater);
  std::size_t idle() const { return idle_.size(); }

 private:
  const std::uint8_t window_bits_;
  const Context context_;
  CompressionCounts* const counts_;
  std::vector<std::unique_ptr<Inflater>> idle_;
};

}  // namespace microframe::proto
