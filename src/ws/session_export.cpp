#include "ws/session_export.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/wire.hpp"

namespace microframe::ws {
namespace {

using base::SharedBuffer;

constexpr std::uint8_t kVersion = 1;

SharedBuffer frame_of(std::string_view header, std::string_view content) {
  return SharedBuffer::make(
      header.size() + content.size(),
      [&](base::MutableBytes out) {
        const auto text = base::as_bytes(header);
        const auto rest = base::as_bytes(content);
        std::copy(rest.begin(), rest.end(), std::copy(text.begin(), text.end(), out.begin()));
      },
      header.size());
}

}  // namespace

std::string write_session(const SessionExport& session) {
  std::string bytes;
  base::WireWriter writer(bytes);
  writer.byte(kVersion);
  writer.number(session.past.sent);
  writer.number(session.past.handled);
  writer.number(session.past.asked);
  writer.number(session.past.attempts);
  writer.number(session.frames.size());
  for (const SharedBuffer& frame : session.frames) {
    const std::string_view all = base::as_text(frame.bytes());
    writer.text(all.substr(0, frame.size() - frame.content().size()));
    writer.text(base::as_text(frame.content()));
  }
  writer.number(session.rooms.size());
  for (const SessionExport::Room& room : session.rooms) {
    writer.text(room.name);
    writer.text(room.epoch);
    writer.number(room.offset);
  }
  writer.number(session.heard.size());
  for (const std::uint64_t id : session.heard) writer.fixed(id);
  return bytes;
}

std::optional<SessionExport> read_session(std::string_view bytes) {
  constexpr std::size_t kHeaderBytesMax = 14;  // RFC 6455 §5.2
  SessionExport session;
  base::WireReader reader(bytes);
  if (reader.byte() != kVersion) return std::nullopt;
  session.past.sent = reader.number();
  session.past.handled = reader.number();
  session.past.asked = reader.number();
  session.past.attempts = reader.number();
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left) {
    const std::string_view header = reader.text();
    const std::string_view content = reader.text();
    if (header.empty() || header.size() > kHeaderBytesMax) return std::nullopt;
    session.frames.push_back(frame_of(header, content));
  }
  if (session.frames.size() > session.past.sent) return std::nullopt;
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left) {
    SessionExport::Room room;
    room.name = reader.text();
    room.epoch = reader.text();
    room.offset = reader.number();
    session.rooms.push_back(std::move(room));
  }
  for (std::uint64_t left = reader.number(); left > 0 && reader.ok(); --left)
    session.heard.push_back(reader.fixed());
  if (!reader.ok()) return std::nullopt;
  return session;
}

}  // namespace microframe::ws
