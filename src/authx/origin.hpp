// From which origins a cookie is honoured: against cross-site WebSocket hijacking (RFC 6455 §10.2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace microframe::authx {

// Whether the request is known to have come by TLS, to this server or to a proxy before it.
enum class Transport : std::uint8_t { unknown, tls };

// origin:  the Origin field (RFC 6454 §7). A browser always sends one: a missing one, or "null", is
//          not allowed.
// host:    the request's Host, with or without the port that is the scheme's own.
// allowed: whole origins, compared without case; empty: only the origin whose host and port are the
//          request's own. By TLS that is the https one: whoever can forge a plain page of the host
//          must not use the cookies of the secured one.
bool origin_allowed(std::optional<std::string_view> origin, std::string_view host,
                    std::span<const std::string> allowed, Transport by = Transport::unknown);

// Whether `text` has the form of an origin that a browser names (RFC 6454 §6.2): scheme "://" host
// [":" port], and nothing after it.
bool is_origin(std::string_view text);

}  // namespace microframe::authx
