// Compressed payloads of a hostile peer: fed whole or cut anywhere, they inflate to the same bytes
// or fail alike, and never beyond the bound. What we compress ourselves comes back as it was.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "proto/deflater.hpp"
#include "proto/inflater.hpp"

using namespace microframe;
using namespace microframe::proto;

namespace {

struct Inflated {
  int error = -1;  // of InflateError; -1 for none
  std::string output;
  bool operator==(const Inflated&) const = default;
};

// Inflates one message. pieces: their sizes less one, over and over; empty for one piece.
Inflated inflate(Inflater& inflater, base::Bytes input, base::Bytes pieces, std::size_t bytes_max) {
  std::optional<InflateError> error;
  std::size_t turn = 0;
  while (!error && !input.empty()) {
    std::size_t size = input.size();
    if (!pieces.empty())
      size = std::min(size, 1 + std::to_integer<std::size_t>(pieces[turn++ % pieces.size()]));
    error = inflater.feed(input.first(size), bytes_max);
    if (inflater.output().size() > bytes_max + 1) std::abort();
    if ((inflater.output().size() > bytes_max) != (error == InflateError::too_big)) std::abort();
    input = input.subspan(size);
  }
  if (!error) error = inflater.finish();
  Inflated result{error ? static_cast<int>(*error) : -1,
                  std::string(base::as_text(inflater.output()))};
  inflater.restart();
  return result;
}

void check_inflating(base::Bytes input, base::Bytes pieces, std::size_t bytes_max) {
  Inflater whole(15, Context::dropped);
  const Inflated expected = inflate(whole, input, {}, bytes_max);
  Inflater cut(15, Context::dropped);
  if (inflate(cut, input, pieces, bytes_max) != expected) std::abort();
  // The same one again: nothing of the message before is left in it.
  if (inflate(cut, input, pieces, bytes_max) != expected) std::abort();
  // With a context the second message may be another one, but cut or whole it is the same.
  Inflater kept_whole(15, Context::kept);
  Inflater kept_cut(15, Context::kept);
  for (int i = 0; i < 2; ++i) {
    const Inflated message = inflate(kept_whole, input, {}, bytes_max);
    if (inflate(kept_cut, input, pieces, bytes_max) != message) std::abort();
    if (i == 0 && message != expected) std::abort();
    if (message.error >= 0) return;  // the connection ends there
  }
}

void check_compressing(base::Bytes message, unsigned choice) {
  DeflaterOptions options;
  options.level = 1 + static_cast<int>(choice % 9);
  options.memory_level = 1 + static_cast<int>(choice / 9 % 9);
  options.window_bits = static_cast<std::uint8_t>(9 + choice % 7);
  options.context = choice & 0x80 ? Context::kept : Context::dropped;
  Deflater deflater(options);
  Inflater inflater(options.window_bits, options.context);
  for (int i = 0; i < 3; ++i) {
    const auto payload = deflater.compress(message);
    if (!payload && options.context == Context::kept) std::abort();
    if (!payload) continue;
    if (options.context == Context::dropped && payload->size() >= message.size()) std::abort();
    const Inflated back = inflate(inflater, *payload, {}, message.size());
    if (back.error >= 0 || back.output != base::as_text(message)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr std::size_t kChoices = 8;
  if (size < kChoices) return 0;
  const base::Bytes all(reinterpret_cast<const std::byte*>(data), size);
  const base::Bytes input = all.subspan(kChoices);
  const std::size_t bytes_max = data[0] < 128 ? data[0] : (data[0] - 127U) * 512U;
  check_inflating(input, all.subspan(2, kChoices - 2), bytes_max);
  check_compressing(input, data[1]);
  return 0;
}
