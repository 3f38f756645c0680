#include "simulation/sessions/downlink.hpp"

#include <string>
#include <utility>

#include "simulation/sessions/frames.hpp"
#include "simulation/sessions/scene.hpp"
#include "ws/joined_reply.hpp"

namespace microframe::simulation::sessions {
namespace {

using Kind = Link::Item::Kind;

}  // namespace

void Downlink::transmit(const base::SharedBuffer& frame, std::uint64_t count) {
  if (link_) link_->push_down({Kind::text, std::string(payload_of(frame)), 0, count});
}

void Downlink::send(const v1::Reply& reply) {
  const base::SharedBuffer frame = encode(reply.text);
  if (reply.counted) return deliver(frame);
  transmit(frame, 0);
}

// A session retains its bounds at most, whoever does not tell what it has received.
void Downlink::deliver(const base::SharedBuffer& frame) {
  session_.sent(frame);
  std::size_t bytes = 0;
  session_.for_each_kept([&](const base::SharedBuffer& kept) { bytes += kept.size(); });
  require(session_.kept() <= kSessionFramesMax && bytes <= kSessionBytesMax, [&] {
    return session_.name() + " keeps " + std::to_string(session_.kept()) + " frames";
  });
  transmit(frame, ++counted_);
}

void Downlink::joined(const hub::Joined& joined) {
  send(ws::joined_reply(session_, joined));
  if (!joined.missed) return;
  for (const base::Frame& frame : *joined.missed) deliver(frame.enveloped());
}

void Downlink::send_again() {
  std::uint64_t count = counted_ - session_.kept();
  session_.for_each_kept([&](const base::SharedBuffer& frame) { transmit(frame, ++count); });
}

void Downlink::close(std::uint16_t code, std::string_view reason) {
  if (link_) link_->push_down({Kind::close, std::string(reason), code});
}

}  // namespace microframe::simulation::sessions
