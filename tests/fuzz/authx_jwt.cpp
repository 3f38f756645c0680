// Tokens of a hostile peer: none is taken that we have not signed, and one whose signature is good
// is judged without harm.

#include <cstdlib>
#include <string>

#include "authx/signer.hpp"
#include "authx/strict_json.hpp"
#include "authx/token_codec.hpp"
#include "authx/token_inspect.hpp"
#include "base/base64url.hpp"
#include "microframe/authx/exceptions.hpp"

using namespace microframe::authx;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const AuthConfig config(std::string(32, 's'));
  static const TokenCodec codec(config);
  static const auto signer = make_signer(config);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Time now{std::chrono::seconds(1'800'000'000)};
  if (codec.verify(text, TokenType::access, now).ok()) std::abort();  // forged without the key
  try {
    inspect(text);
  } catch (const InvalidTokenException&) {
  }
  // What is strict once stays so when it is written anew.
  if (const auto object = parse_strict_object(text);
      object && !parse_strict_object(microframe::to_text(*object)))
    std::abort();
  // With a good signature the claims are reached.
  const std::string input = microframe::base::base64url_encode(R"({"alg":"HS256"})") + "." +
                            microframe::base::base64url_encode(text);
  const auto claims =
      codec.verify(input + "." + microframe::base::base64url_encode(signer->sign(input)),
                   TokenType::access, now);
  if (claims.ok() && (claims->sub.empty() || claims->expires <= now || !claims->all.is_object()))
    std::abort();
  return 0;
}
