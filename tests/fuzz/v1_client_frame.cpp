// What a client of microframe.v1 may send: any text, any bytes, any offer to resume.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "v1/binary.hpp"
#include "v1/client_frame.hpp"
#include "v1/names.hpp"
#include "v1/server_frames.hpp"

namespace {

namespace v1 = microframe::v1;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_text(std::string_view text) {
  const auto frame = v1::parse_client_frame(text);
  if (frame) {
    check(frame->id <= v1::kNumberMax && frame->number <= v1::kNumberMax);
    // What a raw hook is given and sends back is the same data again.
    if (frame->data.is_string() || frame->data.is_structured()) {
      const std::string content = v1::content_of(frame->data);
      check(!v1::message({}, v1::data_of(content)).empty());
    }
  } else {
    check(!frame.error().message.empty());
    check(v1::parse_client_frame(
              v1::error(frame.error().id, frame.error().code, frame.error().message))
              .ok() == (frame.error().id != 0));
  }
}

void check_binary(std::string_view bytes) {
  const auto frame = v1::parse_binary(microframe::base::as_bytes(bytes));
  if (frame) check(v1::write_binary(*frame) == bytes);
}

void check_offer(std::string_view text) {
  const auto offer = v1::parse_resume(text);
  if (!offer) return;
  const auto again = v1::parse_resume(v1::to_subprotocol(*offer));
  check(again && again->session == offer->session && again->secret == offer->secret &&
        again->received == offer->received);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_text(text);
  check_binary(text);
  check_offer(text);
  return 0;
}
