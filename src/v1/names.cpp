#include "v1/names.hpp"

#include <charconv>

namespace microframe::v1 {
namespace {

constexpr std::string_view kResumePrefix = "resume.";

}  // namespace

bool is_resume(std::string_view subprotocol) {
  return subprotocol.starts_with(kResumePrefix);
}

std::optional<ResumeOffer> parse_resume(std::string_view subprotocol) {
  if (!is_resume(subprotocol)) return std::nullopt;
  subprotocol.remove_prefix(kResumePrefix.size());
  const std::size_t first = subprotocol.find('.');
  const std::size_t second = first == std::string_view::npos ? first : subprotocol.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  ResumeOffer offer;
  offer.session = subprotocol.substr(0, first);
  offer.secret = subprotocol.substr(first + 1, second - first - 1);
  const std::string_view count = subprotocol.substr(second + 1);
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), offer.received);
  const bool is_number = error == std::errc() && end == count.data() + count.size();
  if (!is_number || offer.session.empty() || offer.secret.empty()) return std::nullopt;
  return offer;
}

std::string to_subprotocol(const ResumeOffer& offer) {
  return std::string(kResumePrefix) + offer.session + '.' + offer.secret + '.' +
         std::to_string(offer.received);
}

}  // namespace microframe::v1
