// The list of extensions in Sec-WebSocket-Extensions, as text. RFC 6455 §9.1.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace microframe::proto {

struct ExtensionParameter {
  std::string_view name;
  std::optional<std::string_view> value;  // without its quotes
};

// One element: an offer in a request, a choice in an answer. Views into the field.
struct Extension {
  std::string_view name;
  std::vector<ExtensionParameter> parameters;
};

// Reads the value of one field: token *( ";" token [ "=" ( token | quoted-string ) ] ), separated
// by commas. Its elements are appended to `out`, in order: several fields are one list (§9.1).
// returns: false if it is malformed; `out` is then worth nothing.
bool parse_extensions(std::string_view list, std::vector<Extension>& out);

}  // namespace microframe::proto
