// The opening handshake. RFC 6455 §4. Server: check a request, answer it. Client: make a request,
// check the answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "proto/deflate_params.hpp"
#include "proto/extension_list.hpp"
#include "proto/http_head.hpp"

namespace microframe::proto {

// A request to open a WebSocket, found good. Views into the head.
struct UpgradeRequest {
  std::string_view key;
  std::vector<std::string_view> subprotocols;  // offered, in the client's order
  std::vector<Extension> extensions;           // the same
};

// What to answer instead.
struct HandshakeRefusal {
  unsigned status;
  std::string_view reason;  // a literal
  std::string_view fields;  // further header lines, each with its CRLF
};

// Checks a request against §4.2.1. Extensions are checked for form; which to accept is not decided
// here.
base::Result<UpgradeRequest, HandshakeRefusal> check_upgrade(const RequestHead& head);

// The value of Sec-WebSocket-Accept for a key (§4.2.2).
std::string accept_key(std::string_view key);
// The 101 response (§4.2.2). subprotocol: one that was offered, or "". extensions: the list
// accepted, or "".
std::string accept_response(std::string_view key, std::string_view subprotocol,
                            std::string_view extensions = {});
// A response that refuses, closes the connection, and says `reason` in a line of text. fields:
// header lines with CRLF.
std::string refusal_response(unsigned status, std::string_view fields, std::string_view reason);
// A 200 response with a body, after which the connection closes. head_only: leaves the body out, as
// for HEAD.
std::string page_response(std::string_view fields, std::string_view body, bool head_only);

struct ClientRequest {
  std::string host;    // of the Host field, with the port unless it is the scheme's own
  std::string target;  // path and query
  std::string key;     // base64 of 16 random bytes
  std::vector<std::string> subprotocols;
  std::optional<DeflateSettings> deflate;  // offered, if any
  std::string fields;                      // further header lines, each with its CRLF
};
std::string make_request(const ClientRequest& request);

// What the server chose of the request's offers.
struct ServerChoice {
  std::string_view subprotocol;  // "" for none
  std::optional<DeflateParams> deflate;
};

// Checks the answer to `request` (§4.1).
// errors: what is wrong, in words.
base::Result<ServerChoice, std::string> check_response(const ResponseHead& head,
                                                       const ClientRequest& request);

}  // namespace microframe::proto
