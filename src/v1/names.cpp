#include "v1/names.hpp"

#include <array>
#include <charconv>

namespace microframe::v1 {
namespace {

constexpr std::string_view kResumePrefix = "resume.";

std::optional<std::uint64_t> to_number(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

bool is_resume(std::string_view subprotocol) {
  return subprotocol.starts_with(kResumePrefix);
}

std::optional<ResumeOffer> parse_resume(std::string_view subprotocol) {
  if (!is_resume(subprotocol)) return std::nullopt;
  subprotocol.remove_prefix(kResumePrefix.size());
  std::array<std::string_view, 4> parts;
  std::size_t count = 0;
  for (bool more = true; more; ++count) {
    if (count == parts.size()) return std::nullopt;
    const std::size_t dot = subprotocol.find('.');
    parts[count] = subprotocol.substr(0, dot);
    more = dot != std::string_view::npos;
    if (more) subprotocol.remove_prefix(dot + 1);
  }
  const auto received = to_number(parts[2]);
  const auto attempt = count == parts.size() ? to_number(parts[3]) : 0;
  if (parts[0].empty() || parts[1].empty() || !received || !attempt) return std::nullopt;
  ResumeOffer offer;
  offer.session = parts[0];
  offer.secret = parts[1];
  offer.received = *received;
  offer.attempt = *attempt;
  return offer;
}

// One message has one name: a number that is written in two ways would be two.
std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == 0 || dot == std::string_view::npos || text.size() > kOriginBytesMax)
    return std::nullopt;
  const std::string_view digits = text.substr(dot + 1);
  const auto id = to_number(digits);
  if (!id || *id == 0 || *id > kNumberMax || digits.front() == '0') return std::nullopt;
  Origin origin;
  origin.session = text.substr(0, dot);
  origin.id = *id;
  return origin;
}

std::string write_origin(const Origin& origin) {
  return std::string(origin.session) + '.' + std::to_string(origin.id);
}

std::string to_subprotocol(const ResumeOffer& offer) {
  std::string text(kResumePrefix);
  text += offer.session + '.' + offer.secret + '.' + std::to_string(offer.received);
  if (offer.attempt != 0) text += '.' + std::to_string(offer.attempt);
  return text;
}

}  // namespace microframe::v1
