// Frames of a hostile peer: whatever comes, fed whole or cut anywhere, gives the same events and
// stays within its limits.

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "proto/connection.hpp"

using namespace microframe;
using namespace microframe::proto;

namespace {

struct Seen {
  Event::Kind kind;
  bool binary;
  CloseCode code;
  std::string payload;  // or the reason of a Close
  bool operator==(const Seen&) const = default;
};

// The sizes of the pieces the input comes in, over and over: each byte is a size, less one.
using Pieces = std::vector<unsigned char>;

struct Options {
  Role role;
  ConnectionLimits limits;
  std::size_t close_after;         // so many events; then we close
  std::optional<Context> deflate;  // of permessage-deflate, where that was agreed on
};

std::vector<Seen> run(const Options& options, std::vector<std::byte> input, const Pieces& pieces) {
  InflaterPool inflaters(kWindowBitsMax, options.deflate.value_or(Context::dropped));
  Connection connection(options.role, options.limits, options.deflate ? &inflaters : nullptr);
  std::vector<Seen> seen;
  std::size_t turn = 0;
  for (std::size_t from = 0; from < input.size();) {
    const std::size_t piece =
        pieces.empty()
            ? input.size()
            : std::min<std::size_t>(1U + pieces[turn++ % pieces.size()], input.size() - from);
    base::MutableBytes in = base::MutableBytes(input).subspan(from, piece);
    from += piece;
    while (true) {
      const Event event = connection.next(in);
      if (event.kind == Event::Kind::need_more) break;
      if (event.payload.size() > options.limits.message_bytes_max && event.payload.size() > 125)
        std::abort();
      // There, only a Close or a failure shows, and to a client its last messages.
      const bool is_last = options.role == Role::client && event.kind == Event::Kind::message;
      if (connection.state() == State::close_sent && !is_last) std::abort();
      const bool close = event.kind == Event::Kind::close;
      const std::string_view text = close ? event.reason : base::as_text(event.payload);
      seen.push_back({event.kind, event.binary, event.code, std::string(text)});
      if (seen.size() == options.close_after) connection.close(CloseCode::normal);
    }
    if (!in.empty()) std::abort();
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr std::size_t kChoices = 8;
  if (size < kChoices) return 0;
  Options options;
  options.limits.message_bytes_max = data[0] * 8U;
  options.limits.fragments_max = 1 + data[1] % 8;
  options.role = data[2] & 1 ? Role::client : Role::server;
  if (data[2] & 2) options.deflate = data[2] & 4 ? Context::kept : Context::dropped;
  options.close_after = data[3];
  const Pieces pieces(data + 4, data + kChoices);
  const auto* bytes = reinterpret_cast<const std::byte*>(data + kChoices);
  const std::vector<std::byte> input(bytes, bytes + size - kChoices);
  if (run(options, input, {}) != run(options, input, pieces)) std::abort();
  return 0;
}
