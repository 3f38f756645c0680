// permessage-deflate of the load generator's side, without context (RFC 7692 §7.2): one for all its
// clients.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace bench {

// What is offered, and what an answer must promise, since one inflater serves all connections.
inline constexpr std::string_view kDeflateOffer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

class Deflate {
 public:
  Deflate();
  ~Deflate();

  // The payload of a compressed message. Valid until the next call.
  std::string_view compress(std::string_view message);
  // What such a payload holds. Valid until the next call. The same payload again, as of a
  // broadcast, is not inflated again. errors: Broken.
  std::string_view inflate(std::string_view payload);

 private:
  struct Streams;
  std::unique_ptr<Streams> streams_;
  std::string compressed_;
  std::string payload_;   // as it was last seen
  std::string inflated_;  // of payload_
};

}  // namespace bench
