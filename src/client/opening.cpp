#include "client/opening.hpp"

#include <charconv>
#include <string_view>
#include <utility>

namespace microframe::client {
namespace {

proto::ClientRequest make_request(const Url& url, Opening::Offer offer, std::string key) {
  proto::ClientRequest request;
  request.host = url.host;
  request.target = url.target;
  request.key = std::move(key);
  request.subprotocols = std::move(offer.subprotocols);
  request.deflate = offer.deflate;
  if (!offer.token.empty()) request.fields = "Authorization: Bearer " + offer.token + "\r\n";
  return request;
}

Opening::Refused malformed(std::string_view reason) {
  Opening::Refused refused;
  refused.reason = reason;
  return refused;
}

// RFC 9110 §10.2.3: the field holds seconds or a date. A date is not worth reading here.
std::optional<std::uint64_t> retry_after_s(const proto::ResponseHead& head) {
  const auto text = head.find("retry-after");
  if (!text) return std::nullopt;
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return seconds;
}

Opening::Refused refused_by(const proto::ResponseHead& head, const std::string& reason) {
  Opening::Refused refused;
  refused.reason = reason;
  if (head.status == 101) return refused;
  refused.status = head.status;
  refused.retry_after_s = retry_after_s(head);
  return refused;
}

}  // namespace

Opening::Opening(const Url& url, Offer offer, std::string key)
    : request_(make_request(url, std::move(offer), std::move(key))),
      scanner_(proto::HeadLimits{}) {}

base::Result<std::optional<Opening::Accepted>, Opening::Refused> Opening::read(base::Bytes bytes) {
  received_.insert(received_.end(), bytes.begin(), bytes.end());
  const auto end = scanner_.scan(received_);
  if (!end) return base::fail(malformed(end.error().reason));
  if (!*end) return std::optional<Accepted>();
  const std::size_t size = **end;
  const std::string_view text = base::as_text(received_).substr(0, size);
  const auto head = proto::parse_response_head(text, proto::HeadLimits{});
  if (!head) return base::fail(malformed(head.error().reason));
  const auto choice = proto::check_response(*head, request_);
  if (!choice) return base::fail(refused_by(*head, choice.error()));
  Accepted accepted;
  accepted.subprotocol = choice->subprotocol;
  accepted.deflate = choice->deflate;
  accepted.rest.assign(received_.begin() + static_cast<std::ptrdiff_t>(size), received_.end());
  return std::optional<Accepted>(std::move(accepted));
}

}  // namespace microframe::client
