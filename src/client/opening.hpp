// Opening: the client's side of an opening handshake (RFC 6455 §4.1): the request, then the
// server's answer, in whatever pieces it comes. PURE: no socket, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "client/url.hpp"
#include "proto/deflate_params.hpp"
#include "proto/handshake.hpp"
#include "proto/http_head.hpp"

namespace microframe::client {

class Opening {
 public:
  struct Offer {
    std::string token;  // goes into Authorization: Bearer; "": no such field is sent
    std::vector<std::string> subprotocols;
    std::optional<proto::DeflateSettings> deflate;
  };
  struct Accepted {
    std::string subprotocol;  // "": the server chose none
    std::optional<proto::DeflateParams> deflate;
    std::vector<std::byte> rest;  // the bytes behind the head: the server's first frames
  };
  struct Refused {
    std::string reason;   // in words
    unsigned status = 0;  // of the HTTP answer in place of the upgrade; 0: there was none
    std::optional<std::uint64_t> retry_after_s;  // when that answer says to ask again
  };

  // key: base64 of 16 random bytes (§4.1).
  Opening(const Url& url, Offer offer, std::string key);

  // The request, as it is sent.
  std::string request() const { return proto::make_request(request_); }
  // Reads the next bytes of the answer. Not called again after it has returned more than nullopt.
  // returns: nullopt while the head of the answer is not complete.
  base::Result<std::optional<Accepted>, Refused> read(base::Bytes bytes);

 private:
  const proto::ClientRequest request_;
  proto::HeadScanner scanner_;
  std::vector<std::byte> received_;
};

}  // namespace microframe::client
