// CompressionCounts: how many bytes compressed messages had on the wire, and without it. Any
// thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace microframe::proto {

struct CompressionCounts {
  std::atomic<std::uint64_t> plain{0};
  std::atomic<std::uint64_t> compressed{0};

  void add(std::size_t plain_bytes, std::size_t compressed_bytes) {
    plain.fetch_add(plain_bytes, std::memory_order_relaxed);
    compressed.fetch_add(compressed_bytes, std::memory_order_relaxed);
  }
};

}  // namespace microframe::proto
