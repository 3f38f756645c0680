// RoomSeal: finishes a room's frame with the form that sessions are sent.
// Threading: used at once, where the frame is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "hub/hub.hpp"
#include "ws/encode.hpp"
#include "ws/session_counts.hpp"

namespace microframe::ws {

class RoomSeal final : public hub::Seal {
 public:
  // needed: whether there is any session; a room that keeps its messages has them in that form in
  // any case.
  RoomSeal(std::string_view room, Content content, bool needed, SessionCounts& counts)
      : room_(room), content_(content), needed_(needed), counts_(counts) {}

  void finish(base::SharedBuffer& frame, std::optional<std::uint64_t> offset) const override {
    if (!needed_ && !offset) return;
    v1::MessagePlace place;
    place.room = room_;
    place.offset = offset;
    SessionCounts::add(counts_.encoded);
    frame.set_session_form(encode_for_sessions(frame, content_, place));
  }

 private:
  std::string_view room_;
  Content content_;
  bool needed_;
  SessionCounts& counts_;
};

}  // namespace microframe::ws
