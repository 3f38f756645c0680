// Deflate: permessage-deflate of the load generator, without context (RFC 7692 §7.2). One serves
// all clients.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace bench {

// The offer, and what an answer must promise, because one inflater serves all connections.
inline constexpr std::string_view kDeflateOffer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

class Deflate {
 public:
  Deflate();
  ~Deflate();

  // Compresses a message. The payload is valid until the next call.
  std::string_view compress(std::string_view message);
  // Inflates such a payload. The result is valid until the next call. The same payload again, as
  // in a broadcast, is not inflated twice.
  // errors: Broken.
  std::string_view inflate(std::string_view payload);

 private:
  struct Streams;
  std::unique_ptr<Streams> streams_;
  std::string compressed_;
  std::string payload_;   // the last payload seen
  std::string inflated_;  // of payload_
};

}  // namespace bench
