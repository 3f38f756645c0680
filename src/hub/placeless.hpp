// Placeless: a message that is the same wherever it stands. Threading: as Seal.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/frame.hpp"
#include "hub/seal.hpp"

namespace microframe::hub {

class Placeless final : public Seal {
 public:
  explicit Placeless(base::Frame frame) : frame_(std::move(frame)) {}
  base::Frame encode(std::optional<std::uint64_t>) const override { return frame_; }
  base::Frame encode_plain() const override { return frame_; }
  void renumber(base::Frame&, std::uint64_t) const override {}

 private:
  const base::Frame frame_;
};

}  // namespace microframe::hub
