// The opening handshake. RFC 6455 §4. Server: check a request, answer it. Client: make a request, check the
// answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "proto/http_head.hpp"

namespace microframe::proto {

// A request to open a WebSocket, found good. Views into the head.
struct UpgradeRequest {
  std::string_view key;
  std::vector<std::string_view> subprotocols;  // offered, in the client's order
};

// What to answer instead.
struct HandshakeRefusal {
  unsigned status;
  std::string_view reason;  // a literal
  std::string_view fields;  // further header lines, each with its CRLF
};

// Checks a request against §4.2.1. Extensions are checked for form and none is accepted.
base::Result<UpgradeRequest, HandshakeRefusal> check_upgrade(const RequestHead& head);

// The value of Sec-WebSocket-Accept for a key (§4.2.2).
std::string accept_key(std::string_view key);
// The 101 response (§4.2.2). subprotocol: one that was offered, or "".
std::string accept_response(std::string_view key, std::string_view subprotocol);
// A response that refuses, closes the connection, and says `reason` in a line of text. fields: header lines
// with CRLF.
std::string refusal_response(unsigned status, std::string_view fields, std::string_view reason);
// A 200 response with a body, after which the connection closes. head_only: leaves the body out, as for HEAD.
std::string page_response(std::string_view fields, std::string_view body, bool head_only);

struct ClientRequest {
  std::string host;    // of the Host field, with the port unless it is the scheme's own
  std::string target;  // path and query
  std::string key;     // base64 of 16 random bytes
  std::vector<std::string> subprotocols;
  std::string fields;  // further header lines, each with its CRLF
};
std::string make_request(const ClientRequest& request);

// Checks the answer to `request` (§4.1).
// returns: the subprotocol chosen, or "". errors: what is wrong, in words.
base::Result<std::string_view, std::string> check_response(const ResponseHead& head,
                                                           const ClientRequest& request);

}  // namespace microframe::proto
