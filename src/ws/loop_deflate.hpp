// LoopDeflate: what the connections of one loop share to inflate and to compress, so that an idle
// one holds nothing. Made as it is needed. Threading: its loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/shared_buffer.hpp"
#include "microframe/compression.hpp"
#include "proto/compression_counts.hpp"
#include "proto/deflater.hpp"
#include "proto/inflater_pool.hpp"

namespace microframe::ws {

class LoopDeflate {
 public:
  // What all loops count together.
  struct Counts {
    proto::CompressionCounts received;
    proto::CompressionCounts sent;  // a broadcast's once
  };
  // settings, counts: must outlive it.
  LoopDeflate(const Compression& settings, Counts& counts)
      : settings_(settings),
        counts_(counts),
        inflaters_(proto::kWindowBitsMax, proto::Context::dropped, &counts.received) {}

  proto::InflaterPool& inflaters() { return inflaters_; }

  // What to send of `frame`, a message as encode() makes it, to a peer whose window has so many
  // bits and no context: the frame itself if it is short or does not get shorter.
  base::SharedBuffer encoding(const base::SharedBuffer& frame, std::uint8_t window_bits);
  // The same to a peer that has a context in `own`.
  base::SharedBuffer encoding(const base::SharedBuffer& frame, proto::Deflater& own);

 private:
  base::SharedBuffer deflate(const base::SharedBuffer& frame, proto::Deflater& deflater);
  proto::Deflater& deflater(std::uint8_t window_bits);

  const Compression& settings_;
  Counts& counts_;
  proto::InflaterPool inflaters_;
  std::array<std::unique_ptr<proto::Deflater>, proto::kWindowBitsMax + 1>
      deflaters_;  // by window bits
};

}  // namespace microframe::ws
