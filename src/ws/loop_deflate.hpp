// LoopDeflate: what the connections of one loop share to inflate and to compress, so that an idle
// connection holds nothing. Each part is made when it is first needed. Threading: its loop.
#pragma once

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
  // Counted by all loops together.
  struct Counts {
    proto::CompressionCounts received;
    proto::CompressionCounts sent;  // a broadcast counts once
  };
  // settings, counts: must outlive this.
  LoopDeflate(const Compression& settings, Counts& counts)
      : settings_(settings),
        counts_(counts),
        inflaters_(proto::kWindowBitsMax, proto::Context::dropped, &counts.received) {}

  proto::InflaterPool& inflaters() { return inflaters_; }

  // What to send of `frame`, one form of a message, to a peer whose window has so many bits and no
  // context: the frame itself if it is short, does not get shorter, or is too long for the window.
  base::SharedBuffer encoding(const base::SharedBuffer& frame, std::uint8_t window_bits);
  // The same to a peer that has a context in `own`.
  base::SharedBuffer encoding(const base::SharedBuffer& frame, proto::Deflater& own);

 private:
  base::SharedBuffer deflate(const base::SharedBuffer& frame, proto::Deflater& deflater);
  proto::Deflater& deflater();

  const Compression& settings_;
  Counts& counts_;
  proto::InflaterPool inflaters_;
  std::unique_ptr<proto::Deflater> deflater_;
};

}  // namespace microframe::ws
