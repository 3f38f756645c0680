#include "v1/client_frames.hpp"

#include "v1/frame_writer.hpp"

namespace microframe::v1::client {
namespace {

std::string since_text(const Since& since) {
  std::string text =
      R"({"epoch":)" + quoted(since.epoch) + R"(,"offset":)" + std::to_string(since.offset);
  if (!since.session.empty()) text += R"(,"session":)" + quoted(since.session);
  return text + "}";
}

}  // namespace

std::string message(std::uint64_t id, std::string_view data, std::string_view of) {
  FrameWriter writer("message");
  if (id != 0) writer.number("id", id);
  if (!of.empty()) writer.text("of", of);
  return writer.raw("data", data).done();
}

std::string ack(std::uint64_t id, const Json* data) {
  FrameWriter writer("ack");
  writer.number("id", id);
  if (data) writer.raw("data", to_text(*data));
  return writer.done();
}

std::string error(std::uint64_t id, std::string_view code, std::string_view text) {
  return FrameWriter("error").number("id", id).text("code", code).text("message", text).done();
}

std::string join(const Join& join) {
  FrameWriter writer("join");
  writer.number("id", join.id).text("room", join.room);
  if (join.since) writer.raw("since", since_text(*join.since));
  if (join.last != 0) writer.number("last", join.last);
  return writer.done();
}

std::string leave(std::uint64_t id, std::string_view room) {
  return FrameWriter("leave").number("id", id).text("room", room).done();
}

std::string refresh(std::uint64_t id, std::string_view token) {
  return FrameWriter("refresh").number("id", id).text("token", token).done();
}

std::string received(std::uint64_t count) {
  return FrameWriter("received").number("n", count).done();
}

std::string ping() {
  return FrameWriter("ping").done();
}

}  // namespace microframe::v1::client
