// RoomSeal: encodes a message for a room, with its place there for sessions of microframe.v1.
// Threading: used at once, where the message is published.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/shedding.hpp"
#include "hub/seal.hpp"
#include "ws/encode.hpp"
#include "ws/session_counts.hpp"

namespace microframe::ws {

// What a message needs to be published, beside itself.
struct RoomPost {
  std::string_view room;
  base::Shedding shedding;
  bool has_sessions;  // whether anybody may want the enveloped form
};

// The content, what `post` views and the counts must outlive the seal.
class RoomSeal final : public hub::Seal {
 public:
  RoomSeal(const Content& content, const RoomPost& post, SessionCounts& counts)
      : content_(content), post_(post), counts_(counts) {}
  RoomSeal(Content&& gone, const RoomPost& post, SessionCounts& counts) = delete;

  // A room that keeps its messages keeps the enveloped form in any case.
  base::Frame encode(std::optional<std::uint64_t> offset) const override {
    const bool enveloped = post_.has_sessions || offset;
    if (enveloped) SessionCounts::add(counts_.encoded);
    base::Frame frame = ws::encode(content_, enveloped ? Forms::both : Forms::plain, place(offset));
    frame.set_shedding(post_.shedding);
    return frame;
  }

  base::Frame encode_plain() const override {
    base::Frame frame = ws::encode(content_, Forms::plain);
    frame.set_shedding(post_.shedding);
    return frame;
  }

  void renumber(base::Frame& frame, std::uint64_t offset) const override {
    if (ws::renumber(frame, offset)) return;
    const base::Frame anew = ws::encode(content_, Forms::enveloped, place(offset));
    frame = base::Frame(frame.plain(), anew.enveloped());
  }

 private:
  v1::MessagePlace place(std::optional<std::uint64_t> offset) const {
    v1::MessagePlace place;
    place.room = post_.room;
    place.offset = offset;
    return place;
  }

  const Content& content_;
  const RoomPost post_;
  SessionCounts& counts_;
};

}  // namespace microframe::ws
