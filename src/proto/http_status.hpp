// The words beside the numbers of HTTP's answers. RFC 9110 §15, RFC 6585.
#pragma once

#include <string_view>

namespace microframe::proto {

// returns: "Not Found" for 404; "" for a status that has no words here, which RFC 9112 §4 allows.
std::string_view status_phrase(unsigned status);

}  // namespace microframe::proto
