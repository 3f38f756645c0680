// Sec-WebSocket-Extensions of a hostile peer: whatever is offered, the answer is one that the RFC
// allows and that our own client takes; whatever is answered, what our client makes of it is within
// its offer.

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proto/deflate_params.hpp"

using namespace microframe::proto;

namespace {

std::vector<Extension> parsed(std::string_view list, bool& good) {
  std::vector<Extension> out;
  // A list of empty elements alone is a good one of no extensions (RFC 9110 §5.6.1).
  good = parse_extensions(list, out);
  return out;
}

bool offers(const std::vector<Extension>& list, std::string_view parameter) {
  for (const Extension& extension : list) {
    for (const ExtensionParameter& one : extension.parameters) {
      if (one.name == parameter) return true;
    }
  }
  return false;
}

void check_bits(std::optional<std::uint8_t> bits, std::uint8_t most) {
  if (bits && (*bits < kWindowBitsMin || *bits > most)) std::abort();
}

void check_server(const std::vector<Extension>& list, const DeflateSettings& settings) {
  const auto params = accept_deflate(list, settings);
  if (!params) return;
  // §7.1.2: never 8, never wider than we are, and nothing that was not offered.
  check_bits(params->server_max_window_bits, settings.window_bits);
  check_bits(params->client_max_window_bits, settings.window_bits);
  if (params->server_max_window_bits && !offers(list, "server_max_window_bits")) std::abort();
  if (params->client_max_window_bits && !offers(list, "client_max_window_bits")) std::abort();
  if (!settings.context_takeover && (params->server_takes_over() || params->client_takes_over()))
    std::abort();
  bool good = false;
  const std::string answer = deflate_answer(*params);
  DeflateSettings client;
  client.context_takeover = true;
  const auto checked = check_deflate_answer(parsed(answer, good), client);
  if (!good || !checked || !checked.value() || **checked != *params) std::abort();
}

void check_client(const std::vector<Extension>& list, const DeflateSettings& settings) {
  const auto checked = check_deflate_answer(list, settings);
  if (!checked || !checked.value()) return;
  const DeflateParams& params = **checked;
  if (list.size() != 1 || list[0].parameters.size() > 4) std::abort();
  if (!settings.context_takeover && params.server_takes_over()) std::abort();
  if (params.server_window_bits() < 8 || params.server_window_bits() > settings.window_bits)
    std::abort();
  check_bits(params.client_max_window_bits, kWindowBitsMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  DeflateSettings settings;
  settings.context_takeover = (data[0] & 1) != 0;
  settings.window_bits = static_cast<std::uint8_t>(9 + (data[0] >> 1) % 7);
  bool good = false;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto list = parsed(text, good);
  if (!good) return 0;
  check_server(list, settings);
  check_client(list, settings);
  return 0;
}
