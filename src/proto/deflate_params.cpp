#include "proto/deflate_params.hpp"

#include <algorithm>
#include <utility>

namespace microframe::proto {
namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr std::string_view kServerNoTakeover = "server_no_context_takeover";
constexpr std::string_view kClientNoTakeover = "client_no_context_takeover";
constexpr std::string_view kServerBits = "server_max_window_bits";
constexpr std::string_view kClientBits = "client_max_window_bits";

enum class In : bool { offer, answer };

// A list of parameters as it was read.
struct Read {
  DeflateParams params;
  bool client_bits_given = false;  // in an offer, it may be given without a value
};

// §7.1.2.1: a decimal integer from 8 to 15 without leading zeros.
std::optional<std::uint8_t> parse_bits(std::string_view value) {
  if (value == "8" || value == "9") return static_cast<std::uint8_t>(value[0] - '0');
  if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
    return static_cast<std::uint8_t>(10 + value[1] - '0');
  return std::nullopt;
}

// §7.1.1: given once, and without a value.
bool read_flag(const ExtensionParameter& parameter, bool& out) {
  if (parameter.value || out) return false;
  return out = true;
}

bool read_bits(const ExtensionParameter& parameter, std::optional<std::uint8_t>& out) {
  if (!parameter.value || out) return false;
  out = parse_bits(*parameter.value);
  return out.has_value();
}

// §7.1.2.2: an offer may give it without a value, which says that the client can be limited.
bool read_client_bits(const ExtensionParameter& parameter, In in, Read& out) {
  if (std::exchange(out.client_bits_given, true)) return false;
  if (!parameter.value) return in == In::offer;
  return read_bits(parameter, out.params.client_max_window_bits);
}

// returns: nullopt for what §7.1 has declined: an unknown parameter, one given twice, a wrong
// value.
std::optional<Read> read(const Extension& extension, In in) {
  Read out;
  for (const ExtensionParameter& parameter : extension.parameters) {
    bool good = false;
    if (parameter.name == kServerNoTakeover) {
      good = read_flag(parameter, out.params.server_no_context_takeover);
    } else if (parameter.name == kClientNoTakeover) {
      good = read_flag(parameter, out.params.client_no_context_takeover);
    } else if (parameter.name == kServerBits) {
      good = read_bits(parameter, out.params.server_max_window_bits);
    } else if (parameter.name == kClientBits) {
      good = read_client_bits(parameter, in, out);
    }
    if (!good) return std::nullopt;
  }
  return out;
}

std::optional<DeflateParams> answer_to(const Read& offer, const DeflateSettings& settings) {
  const auto& asked = offer.params;
  DeflateParams answer;
  answer.server_no_context_takeover =
      asked.server_no_context_takeover || !settings.context_takeover;
  // §7.1.1.2: the server may say so unasked.
  answer.client_no_context_takeover =
      asked.client_no_context_takeover || !settings.context_takeover;
  if (asked.server_max_window_bits) {
    if (*asked.server_max_window_bits < kWindowBitsMin) return std::nullopt;
    answer.server_max_window_bits = std::min(*asked.server_max_window_bits, settings.window_bits);
  }
  // §7.1.2.2: only if it was offered. A client that offers 8 keeps to that by itself, and is told
  // nothing.
  if (offer.client_bits_given && settings.window_bits < asked.client_window_bits())
    answer.client_max_window_bits = settings.window_bits;
  return answer;
}

void add(std::string& text, std::string_view name) {
  text += "; ";
  text += name;
}

void add(std::string& text, std::string_view name, std::uint8_t bits) {
  add(text, name);
  text += '=';
  text += std::to_string(bits);
}

}  // namespace

std::optional<DeflateParams> accept_deflate(std::span<const Extension> offers,
                                            const DeflateSettings& settings) {
  for (const Extension& offer : offers) {
    if (offer.name != kName) continue;
    const auto asked = read(offer, In::offer);
    if (!asked) continue;
    if (const auto answer = answer_to(*asked, settings)) return answer;
  }
  return std::nullopt;
}

std::string deflate_answer(const DeflateParams& params) {
  std::string text(kName);
  if (params.server_no_context_takeover) add(text, kServerNoTakeover);
  if (params.client_no_context_takeover) add(text, kClientNoTakeover);
  if (params.server_max_window_bits) add(text, kServerBits, *params.server_max_window_bits);
  if (params.client_max_window_bits) add(text, kClientBits, *params.client_max_window_bits);
  return text;
}

std::string deflate_offer(const DeflateSettings& settings) {
  std::string text(kName);
  if (!settings.context_takeover) {
    add(text, kServerNoTakeover);
    add(text, kClientNoTakeover);
  }
  if (settings.window_bits < kWindowBitsMax) {
    add(text, kServerBits, settings.window_bits);
    add(text, kClientBits, settings.window_bits);
  } else {
    add(text, kClientBits);
  }
  return text;
}

base::Result<std::optional<DeflateParams>, std::string> check_deflate_answer(
    std::span<const Extension> chosen, const DeflateSettings& settings) {
  using Checked = std::optional<DeflateParams>;
  const auto refuse = [](std::string why) {
    return base::fail("the server chose " + std::move(why));
  };
  if (chosen.empty()) return Checked{};
  if (chosen.size() > 1 || chosen.front().name != kName)
    return refuse("an extension that was not offered");
  const auto answer = read(chosen.front(), In::answer);
  if (!answer)
    return refuse("permessage-deflate with a parameter that is unknown, repeated or malformed");
  const DeflateParams& params = answer->params;
  // §7.1.1.1: what was asked for must be promised.
  if (!settings.context_takeover && !params.server_no_context_takeover)
    return refuse("permessage-deflate with the context takeover that was declined");
  // §7.1.2.1: not wider than was offered; it may be left out only if nothing was asked for.
  if (params.server_window_bits() > settings.window_bits)
    return refuse("permessage-deflate with a wider window than was offered");
  if (params.client_window_bits() < kWindowBitsMin)
    return refuse("permessage-deflate with window bits of 8");
  return Checked{params};
}

}  // namespace microframe::proto
