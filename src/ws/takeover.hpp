// Takeover: what a stream holds whose messages may refer to those before them, and how the handshake
// comes to that. Threading: the connection's loop; agree_on_deflate on any.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "guard/takeover_budget.hpp"
#include "microframe/compression.hpp"
#include "proto/deflate_params.hpp"
#include "proto/deflater.hpp"
#include "proto/inflater_pool.hpp"

namespace microframe::ws {

// What the handshake has agreed on, and the share of the budget that it takes.
struct DeflateAgreement {
  std::optional<proto::DeflateParams> params;  // nullopt: no compression
  guard::TakeoverBudget::Share share;
};

// Answers a client's offers. Where the budget is used up, without context takeover.
DeflateAgreement agree_on_deflate(const std::vector<proto::Extension>& offers,
                                  const Compression& settings, guard::TakeoverBudget& budget);

// What to make a compressor with, for a peer with such a window.
proto::DeflaterOptions deflater_options(const Compression& settings, std::uint8_t window_bits,
                                        proto::Context context);

// Of the server's side: made only if either direction has a context.
class Takeover {
 public:
  // received: counts what is inflated; borrowed.
  Takeover(const proto::DeflateParams& params, const Compression& settings,
           guard::TakeoverBudget::Share share, proto::CompressionCounts* received);

  // nullptr: that direction has no context.
  proto::Deflater* deflater() { return deflater_ ? &*deflater_ : nullptr; }
  proto::InflaterPool* inflaters() { return inflaters_ ? &*inflaters_ : nullptr; }

 private:
  guard::TakeoverBudget::Share share_;
  std::optional<proto::Deflater> deflater_;
  std::optional<proto::InflaterPool> inflaters_;
};

// What one stream compresses and inflates with.
struct StreamDeflate {
  std::unique_ptr<Takeover> takeover;  // where a direction has a context
  std::uint8_t window_bits = 0;        // we compress with at most that; 0: not at all
};

// received: as Takeover has it.
StreamDeflate set_up_deflate(DeflateAgreement agreed, const Compression& settings,
                             proto::CompressionCounts* received);

}  // namespace microframe::ws
