#include "authx/token_codec.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "authx/claims.hpp"
#include "authx/config_rules.hpp"
#include "authx/signer.hpp"
#include "authx/strict_json.hpp"
#include "base/ascii.hpp"
#include "base/base64url.hpp"
#include "microframe/config_error.hpp"

namespace microframe::authx {
namespace {

using base::equal_without_case;

constexpr std::string_view kAccessToken = "at+jwt";  // RFC 9068 §2.1

// RFC 8725 §3.10: a `kid` is somebody else's text that is used to look a key up: text that reads
// like a path or a query is nobody's name for a key.
bool is_key_name(const Json& kid) {
  constexpr std::size_t kBytesMax = 128;
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.:~@-";
  const auto* text = kid.if_string();
  if (!text) return false;
  const std::string_view name = *text;
  return !name.empty() && name.size() <= kBytesMax &&
         name.find_first_not_of(kAllowed) == std::string_view::npos && !name.starts_with('/') &&
         name.find("..") == std::string_view::npos;
}

std::optional<Algorithm> algorithm_of(const boost::json::object& header) {
  const Json* alg = header.if_contains("alg");
  return alg && alg->is_string() ? algorithm_named(alg->get_string()) : std::nullopt;
}

// RFC 7515 §4.1.9: `typ` may leave "application/" out, and need not.
std::string_view media_type(std::string_view typ) {
  constexpr std::string_view kPrefix = "application/";
  if (equal_without_case(typ.substr(0, kPrefix.size()), kPrefix)) typ.remove_prefix(kPrefix.size());
  return typ;
}

// RFC 7515 §4.1, RFC 8725 §3. `kid` and the thumbprints (x5t) only name a key: a pinned key needs
// no name, and a set of keys is only asked for the `kid`. A header that brings a key along, or
// says where to fetch one, is refused.
std::optional<TokenError> check_header(const boost::json::object& object) {
  for (const char* name : {"crit", "jku", "jwk", "x5u", "x5c", "b64"}) {
    if (object.contains(name)) return TokenError::forbidden_header;
  }
  const Json* kid = object.if_contains("kid");
  if (kid && !is_key_name(*kid)) return TokenError::forbidden_header;
  if (const Json* typ = object.if_contains("typ")) {
    if (!typ->is_string()) return TokenError::forbidden_header;
    const std::string_view value = media_type(typ->get_string());
    if (!equal_without_case(value, "JWT") && !equal_without_case(value, kAccessToken))
      return TokenError::forbidden_header;
  }
  return std::nullopt;
}

struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
  std::string_view signed_input;  // header "." claims
};

std::optional<Parts> split(std::string_view token) {
  if (token.size() > TokenCodec::kTokenBytesMax) return std::nullopt;
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

std::optional<Json> decode_object(std::string_view part) {
  const auto text = base::base64url_decode(part);
  return text ? parse_strict_object(*text) : std::nullopt;
}

// RFC 9068 §2.1: a header that says so makes the token an access token.
bool says_access_token(const boost::json::object& header) {
  const Json* typ = header.if_contains("typ");
  return typ && typ->is_string() && equal_without_case(media_type(typ->get_string()), kAccessToken);
}

TypeClaim type_claim(bool required, const boost::json::object& header, TokenType expected) {
  const bool told = !required || says_access_token(header);
  return told && expected == TokenType::access ? TypeClaim::optional : TypeClaim::required;
}

std::string encoded_header(Algorithm algorithm) {
  const Json header = {{"alg", to_string(algorithm)}, {"typ", "JWT"}};
  return base::base64url_encode(boost::json::serialize(header));
}

}  // namespace

TokenCodec::TokenCodec(AuthConfig config)
    : config_(std::move(config)),
      verifier_(config_.key_sources.empty() ? make_verifier(config_) : nullptr),
      signer_(make_signer(config_)),
      usual_header_(encoded_header(config_.algorithm)) {
  check_token_rules(config_);
}

std::string TokenCodec::issue(TokenType type, std::string_view sub, const TokenOptions& options,
                              Time now) const {
  if (!signer_)
    throw ConfigError(
        "this AuthConfig only verifies: give it the private key too (AuthConfig::key_pair)");
  const std::string claims = boost::json::serialize(make_claims(config_, type, sub, options, now));
  if (!parse_strict_object(claims)) {
    throw std::invalid_argument(
        "microframe: a token's claims are UTF-8, finite, and nest at most 8 deep");
  }
  std::string token = usual_header_;
  token += '.';
  token += base::base64url_encode(claims);
  const std::string signature = signer_->sign(token);
  token += '.';
  token += base::base64url_encode(signature);
  if (token.size() > kTokenBytesMax) {
    throw std::invalid_argument(
        "microframe: a token is at most 8 KiB; keep what is large in a store, by its id");
  }
  return token;
}

// The header of a token for the pinned key.
// returns: whether the claims must say the token's type.
base::Result<TypeClaim, TokenError> TokenCodec::judge_header(std::string_view encoded,
                                                             TokenType expected) const {
  // Nearly every token has the header that issue() writes, because other issuers write the same,
  // and that header is known to be good.
  if (encoded == usual_header_) return type_claim(config_.type_required, {}, expected);
  const auto header = decode_object(encoded);
  if (!header) return base::fail(TokenError::malformed);
  const auto& members = header->get_object();
  if (algorithm_of(members) != config_.algorithm) return base::fail(TokenError::wrong_algorithm);
  if (const auto error = check_header(members)) return base::fail(*error);
  return type_claim(config_.type_required, members, expected);
}

base::Result<Claims, TokenError> TokenCodec::verify(std::string_view token, TokenType expected,
                                                    Time now) const {
  if (!verifier_) {
    auto claims = verify(token, expected, now, KnownKeys(config_.key_sources.size()));
    if (claims) return std::move(*claims);
    return base::fail(claims.error().error);
  }
  const auto parts = split(token);
  if (!parts) return base::fail(TokenError::malformed);
  const auto type = judge_header(parts->header, expected);
  if (!type) return base::fail(type.error());
  const auto signature = base::base64url_decode(parts->signature);
  if (!signature) return base::fail(TokenError::malformed);
  if (!verifier_->verify(parts->signed_input, *signature))
    return base::fail(TokenError::bad_signature);
  auto claims = decode_object(parts->claims);
  if (!claims) return base::fail(TokenError::malformed);
  return read_claims(config_, std::move(*claims), expected, now, *type);
}

std::optional<std::size_t> TokenCodec::source_of(const Json& claims) const {
  const Json* iss = claims.get_object().if_contains("iss");
  if (!iss || !iss->is_string()) return std::nullopt;
  const auto& sources = config_.key_sources;
  const auto found = std::find_if(sources.begin(), sources.end(), [&](const JwksSource& source) {
    return std::string_view(iss->get_string()) == source.issuer();
  });
  if (found == sources.end()) return std::nullopt;
  return static_cast<std::size_t>(found - sources.begin());
}

base::Result<Claims, Unverified> TokenCodec::verify(std::string_view token, TokenType expected,
                                                    Time now, const KnownKeys& keys) const {
  const auto refuse = [](TokenError error) { return base::fail(Unverified{error}); };
  if (verifier_) {
    auto claims = verify(token, expected, now);
    if (claims) return std::move(*claims);
    return refuse(claims.error());
  }
  const auto parts = split(token);
  const auto header = parts ? decode_object(parts->header) : std::nullopt;
  auto claims = header ? decode_object(parts->claims) : std::nullopt;
  const auto signature = claims ? base::base64url_decode(parts->signature) : std::nullopt;
  if (!signature) return refuse(TokenError::malformed);
  const auto& members = header->get_object();
  if (const auto error = check_header(members)) return refuse(*error);
  const auto source = source_of(*claims);
  if (!source) return refuse(TokenError::wrong_issuer);
  const JwksSource& issuer = config_.key_sources[*source];
  const auto algorithm = algorithm_of(members);
  const auto& allowed = issuer.algorithms();
  if (!algorithm || std::find(allowed.begin(), allowed.end(), *algorithm) == allowed.end())
    return refuse(TokenError::wrong_algorithm);
  std::optional<std::string_view> kid;
  if (const Json* name = members.if_contains("kid")) {
    if (!name->is_string()) return refuse(TokenError::forbidden_header);
    kid = std::string_view(name->get_string());
  }
  const KeySet* set = keys[*source].get();
  const Verifier* key = set ? set->find(kid, *algorithm) : nullptr;
  if (!key) return base::fail(Unverified{TokenError::unknown_key, *source});
  if (!key->verify(parts->signed_input, *signature)) {
    // A key without a name may have been replaced by another without one.
    if (!kid) return base::fail(Unverified{TokenError::unknown_key, *source});
    return refuse(TokenError::bad_signature);
  }
  auto read = read_claims(config_, std::move(*claims), expected, now,
                          type_claim(!issuer.is_type_optional(), members, expected));
  if (!read) return refuse(read.error());
  return std::move(*read);
}

}  // namespace microframe::authx
