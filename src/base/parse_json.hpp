// Reads JSON that a peer has sent, such that it can be said again (RFC 8259).
#pragma once

#include <boost/json/storage_ptr.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "microframe/json.hpp"

namespace microframe::base {

// returns: nullopt if `text` is no JSON, or holds a number that JSON has no words for; `why` says
// which then. storage: where the value's memory comes from.
std::optional<Json> parse_json(std::string_view text, std::string& why,
                               boost::json::storage_ptr storage = {});

}  // namespace microframe::base
