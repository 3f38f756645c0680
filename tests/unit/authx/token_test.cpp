// Tokens: algorithms, forms and claims. RFC 7515, RFC 7519, RFC 8037, RFC 8725; scenarios 13 to 17,
// 22, 23.

#include <gtest/gtest.h>

#include <limits>

#include "authx/hmac.hpp"
#include "microframe/config_error.hpp"
#include "support/forge.hpp"
#include "support/keys.hpp"
#include "unit/authx/rsa.hpp"

namespace microframe::authx {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

const test::KeyPair& key_for(Algorithm algorithm) {
  static const test::KeyPair p256 = test::ec_key("P-256");
  static const test::KeyPair p384 = test::ec_key("P-384");
  static const test::KeyPair ed25519 = test::ed25519_key();
  switch (algorithm) {
    case Algorithm::ES256:
      return p256;
    case Algorithm::ES384:
      return p384;
    case Algorithm::EdDSA:
      return ed25519;
    default:
      return rsa();
  }
}

AuthConfig config_for(Algorithm algorithm) {
  if (is_hmac(algorithm)) return AuthConfig(kSecret, algorithm);
  return AuthConfig::key_pair(algorithm, key_for(algorithm).private_pem,
                              key_for(algorithm).public_pem);
}

TEST(TokenRules, B18_TypeNeedNotBeSaidWhereItIsOptional) {
  AuthConfig config(kSecret);
  const auto judged = [&](const std::string& claims) {
    return verdict(config, forge(config, R"({"alg":"HS256","typ":"JWT"})", claims));
  };
  const std::string without = R"({"sub":"alice","exp":1800000900})";
  EXPECT_EQ(judged(without), "token of another type");
  config.type_required = false;
  EXPECT_EQ(judged(without), "ok");
  EXPECT_EQ(judged(R"({"sub":"alice","type":"access","exp":1800000900})"), "ok");
  EXPECT_EQ(judged(R"({"sub":"alice","type":"refresh","exp":1800000900})"),
            "token of another type");
}

// --- algorithms ---

class Algorithms : public testing::TestWithParam<Algorithm> {};

TEST_P(Algorithms, SignsAndVerifies) {
  const AuthConfig config = config_for(GetParam());
  const std::string token = create_access_token(config, "alice", {}, kNow);
  EXPECT_EQ(decode_token(config, token, TokenType::access, kNow).sub, "alice");
}

TEST_P(Algorithms, RefusesEveryChangedSignature) {
  const AuthConfig config = config_for(GetParam());
  const std::string token = create_access_token(config, "alice", {}, kNow);
  const std::size_t dot = token.rfind('.');
  const std::string input = token.substr(0, dot + 1);
  const std::string signature = *microframe::base::base64url_decode(token.substr(dot + 1));
  const auto with = [&](const std::string& other) {
    return verdict(config, input + microframe::base::base64url_encode(other));
  };
  EXPECT_EQ(with(signature), "ok");
  for (const std::size_t at : {std::size_t{0}, signature.size() / 2, signature.size() - 1}) {
    std::string changed = signature;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_EQ(with(changed), "bad signature") << at;
  }
  EXPECT_EQ(with(signature.substr(1)), "bad signature");
  EXPECT_EQ(with(signature + "x"), "bad signature");
  EXPECT_EQ(with(""), "bad signature");
  EXPECT_EQ(with(std::string(signature.size(), '\0')), "bad signature");  // CVE-2022-21449
}

TEST_P(Algorithms, RefusesChangedClaims) {
  const AuthConfig config = config_for(GetParam());
  const std::string token = create_access_token(config, "alice", {}, kNow);
  const std::string other = create_access_token(config, "mallory", {}, kNow);
  const std::string mixed = token.substr(0, token.find('.')) +
                            other.substr(other.find('.'), other.rfind('.') - other.find('.')) +
                            token.substr(token.rfind('.'));
  EXPECT_EQ(verdict(config, mixed), "bad signature");
}

TEST_P(Algorithms, ATokenOfAnotherAlgorithmIsRefused) {
  const AuthConfig config = config_for(GetParam());
  for (int i = 0; i < 12; ++i) {
    const auto named = static_cast<Algorithm>(i);
    if (named == GetParam()) continue;
    const std::string header = R"({"alg":")" + std::string(to_string(named)) + R"("})";
    EXPECT_EQ(verdict(config, forge(config, header, kClaims)), "token of another algorithm")
        << header;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Algorithms,
                         testing::Values(Algorithm::HS256, Algorithm::HS384, Algorithm::HS512,
                                         Algorithm::RS256, Algorithm::RS384, Algorithm::RS512,
                                         Algorithm::PS256, Algorithm::PS384, Algorithm::PS512,
                                         Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

// --- forms ---

struct FormCase {
  const char* name;
  std::string header;
  std::string claims;
  const char* expected;
};

void PrintTo(const FormCase& tested, std::ostream* out) {
  *out << tested.name;
}

class Forms : public testing::TestWithParam<FormCase> {};

TEST_P(Forms, AreAcceptedOrRefusedAsTheTableSays) {
  const AuthConfig config(kSecret);
  EXPECT_EQ(verdict(config, forge(config, GetParam().header, GetParam().claims)),
            GetParam().expected)
      << GetParam().name;
}

std::string only(std::string_view claims) {
  return "{" + std::string(claims) + "}";
}
const std::string kH(kHeader);
const std::string kC(kClaims);

const FormCase kHeaders[] = {
    {"as we make it", kH, kC, "ok"},
    {"without typ", R"({"alg":"HS256"})", kC, "ok"},
    {"typ in lower case", R"({"alg":"HS256","typ":"jwt"})", kC, "ok"},
    {"typ at+jwt (RFC 9068)", R"({"alg":"HS256","typ":"at+JWT"})", kC, "ok"},
    {"B18 RFC 9068 §4: typ application/at+jwt", R"({"alg":"HS256","typ":"application/at+jwt"})", kC,
     "ok"},
    {"B18 RFC 7515 §4.1.9: typ application/jwt", R"({"alg":"HS256","typ":"Application/JWT"})", kC,
     "ok"},
    {"B18 typ application/json", R"({"alg":"HS256","typ":"application/json"})", kC,
     "forbidden token header"},
    {"B18 RFC 9068: typ at+jwt says what the token is for", R"({"alg":"HS256","typ":"at+jwt"})",
     R"({"sub":"alice","exp":1800000900})", "ok"},
    {"B18 typ JWT does not", R"({"alg":"HS256","typ":"JWT"})",
     R"({"sub":"alice","exp":1800000900})", "token of another type"},
    {"a kid is passed over", R"({"alg":"HS256","kid":"1"})", kC, "ok"},
    {"a kid of every character allowed", R"({"alg":"HS256","kid":"azAZ09+/=_.:~@-"})", kC, "ok"},
    {"a kid of 128 bytes", R"({"alg":"HS256","kid":")" + std::string(128, 'k') + R"("})", kC, "ok"},
    {"a kid of 129 bytes", R"({"alg":"HS256","kid":")" + std::string(129, 'k') + R"("})", kC,
     "forbidden token header"},
    {"an empty kid", R"({"alg":"HS256","kid":""})", kC, "forbidden token header"},
    {"a kid that is no string", R"({"alg":"HS256","kid":1})", kC, "forbidden token header"},
    {"a kid null", R"({"alg":"HS256","kid":null})", kC, "forbidden token header"},
    {"a kid with a zero", R"({"alg":"HS256","kid":"a\u0000b"})", kC, "forbidden token header"},
    {"a kid beyond ASCII", R"({"alg":"HS256","kid":"é"})", kC, "forbidden token header"},
    {"a kid that escapes", R"({"alg":"HS256","kid":"a%2fb"})", kC, "forbidden token header"},
    {"scenario 17: a kid with a path", R"({"alg":"HS256","kid":"../../dev/null"})", kC,
     "forbidden token header"},
    {"scenario 17: a kid with a path from the root", R"({"alg":"HS256","kid":"/dev/null"})", kC,
     "forbidden token header"},
    {"scenario 17: a kid that climbs", R"({"alg":"HS256","kid":"keys/../../dev/null"})", kC,
     "forbidden token header"},
    {"scenario 17: a kid with SQL", R"({"alg":"HS256","kid":"' UNION SELECT 'k"})", kC,
     "forbidden token header"},
    {"scenario 14: none", R"({"alg":"none"})", kC, "token of another algorithm"},
    {"scenario 14: None", R"({"alg":"None"})", kC, "token of another algorithm"},
    {"scenario 14: NONE", R"({"alg":"NONE"})", kC, "token of another algorithm"},
    {"scenario 14: nOnE", R"({"alg":"nOnE"})", kC, "token of another algorithm"},
    {"alg in lower case", R"({"alg":"hs256"})", kC, "token of another algorithm"},
    {"no alg", R"({"typ":"JWT"})", kC, "token of another algorithm"},
    {"alg that is no string", R"({"alg":256})", kC, "token of another algorithm"},
    {"alg null", R"({"alg":null})", kC, "token of another algorithm"},
    {"alg twice", R"({"alg":"none","alg":"HS256"})", kC, "malformed token"},
    {"scenario 17: unknown crit", R"({"alg":"HS256","crit":["x"],"x":1})", kC,
     "forbidden token header"},
    {"empty crit", R"({"alg":"HS256","crit":[]})", kC, "forbidden token header"},
    {"scenario 17: jku", R"({"alg":"HS256","jku":"http://127.0.0.1/keys"})", kC,
     "forbidden token header"},
    {"scenario 17: x5u", R"({"alg":"HS256","x5u":"http://127.0.0.1/cert"})", kC,
     "forbidden token header"},
    {"scenario 17: an embedded jwk", R"({"alg":"HS256","jwk":{"kty":"oct","k":"c2VjcmV0"}})", kC,
     "forbidden token header"},
    {"x5c", R"({"alg":"HS256","x5c":["MII"]})", kC, "forbidden token header"},
    {"a thumbprint is passed over as a kid is", R"({"alg":"HS256","x5t":"a","x5t#S256":"b"})", kC,
     "ok"},
    {"b64 (RFC 7797)", R"({"alg":"HS256","b64":false})", kC, "forbidden token header"},
    {"scenario 23: wrong typ", R"({"alg":"HS256","typ":"secevent+jwt"})", kC,
     "forbidden token header"},
    {"typ that is no string", R"({"alg":"HS256","typ":1})", kC, "forbidden token header"},
    {"header that is a list", R"(["HS256"])", kC, "malformed token"},
    {"header that is text", R"("HS256")", kC, "malformed token"},
    {"header that is no JSON", "alg=HS256", kC, "malformed token"},
    {"header with a tail", kH + "{}", kC, "malformed token"},
    {"empty header", "", kC, "malformed token"},
};
INSTANTIATE_TEST_SUITE_P(Headers, Forms, testing::ValuesIn(kHeaders));

const FormCase kClaimCases[] = {
    {"further claims", kH, claims_with(R"("role":"admin","deep":{"a":[1,2]})"), "ok"},
    {"nbf in the past", kH, claims_with(R"("nbf":1799999999)"), "ok"},
    {"nbf now", kH, claims_with(R"("nbf":1800000000)"), "ok"},
    {"any iss where none is configured", kH, claims_with(R"("iss":"someone")"), "ok"},
    {"no iat", kH, only(R"("sub":"alice","type":"access","exp":1800000900)"), "ok"},
    {"scenario 22: no exp", kH, only(R"("sub":"alice","type":"access")"), "bad claims: exp"},
    {"B18 RFC 7519 §2: exp a fraction", kH,
     only(R"("sub":"alice","type":"access","exp":1800000000.5)"), "ok"},
    {"B18 RFC 7519 §2: exp a fraction that has passed", kH,
     only(R"("sub":"alice","type":"access","exp":1799999999.5)"), "token expired"},
    {"B18 exp in exponents", kH, only(R"("sub":"alice","type":"access","exp":1.9e9)"), "ok"},
    {"B18 exp a fraction beyond the clock", kH,
     only(R"("sub":"alice","type":"access","exp":1.8e10)"), "bad claims: exp"},
    {"B18 exp a negative fraction", kH, only(R"("sub":"alice","type":"access","exp":-0.5)"),
     "bad claims: exp"},
    {"B18 iat a fraction", kH,
     only(R"("sub":"alice","type":"access","exp":1800000900,"iat":1799999999.5)"), "ok"},
    {"scenario 22: exp a string", kH, only(R"("sub":"alice","type":"access","exp":"1800000900")"),
     "bad claims: exp"},
    {"scenario 22: exp beyond int64", kH,
     only(R"("sub":"alice","type":"access","exp":9223372036854775808)"), "bad claims: exp"},
    {"scenario 22: exp at the end of int64", kH,
     only(R"("sub":"alice","type":"access","exp":9223372036854775807)"), "bad claims: exp"},
    {"scenario 22: exp beyond anything", kH, only(R"("sub":"alice","type":"access","exp":1e400)"),
     "malformed token"},
    {"a number past double (found by fuzzing)", kH, claims_with(R"("x":[{"y":-1e400}])"),
     "malformed token"},
    {"a number that is none (found by fuzzing)", kH, claims_with(R"("x":0E800000900)"),
     "malformed token"},
    {"exp past the end of the clock (found by fuzzing)", kH,
     only(R"("sub":"alice","type":"access","exp":12012562581)"), "bad claims: exp"},
    {"exp negative", kH, only(R"("sub":"alice","type":"access","exp":-1)"), "bad claims: exp"},
    {"exp null", kH, only(R"("sub":"alice","type":"access","exp":null)"), "bad claims: exp"},
    {"exp true", kH, only(R"("sub":"alice","type":"access","exp":true)"), "bad claims: exp"},
    {"exp a list", kH, only(R"("sub":"alice","type":"access","exp":[1800000900])"),
     "bad claims: exp"},
    {"expired", kH, only(R"("sub":"alice","type":"access","exp":1799999999)"), "token expired"},
    {"exp is now (RFC 7519 §4.1.4)", kH, only(R"("sub":"alice","type":"access","exp":1800000000)"),
     "token expired"},
    {"exp zero", kH, only(R"("sub":"alice","type":"access","exp":0)"), "token expired"},
    {"scenario 22: nbf ahead", kH, claims_with(R"("nbf":1800000001)"), "token not valid yet"},
    {"nbf a string", kH, claims_with(R"("nbf":"0")"), "bad claims: nbf"},
    {"B18 nbf a fraction", kH, claims_with(R"("nbf":1799999999.5)"), "ok"},
    {"B18 nbf a fraction ahead", kH, claims_with(R"("nbf":1800000000.5)"), "token not valid yet"},
    {"iat a string", kH, only(R"("sub":"alice","type":"access","exp":1800000900,"iat":"now")"),
     "bad claims: iat"},
    {"no sub", kH, only(R"("type":"access","exp":1800000900)"), "bad claims: sub"},
    {"sub empty", kH, only(R"("sub":"","type":"access","exp":1800000900)"), "bad claims: sub"},
    {"sub a number", kH, only(R"("sub":7,"type":"access","exp":1800000900)"), "bad claims: sub"},
    {"sub an object", kH, only(R"("sub":{},"type":"access","exp":1800000900)"), "bad claims: sub"},
    {"sub null", kH, only(R"("sub":null,"type":"access","exp":1800000900)"), "bad claims: sub"},
    {"sub with a line end", kH, only(R"("sub":"a\nb","type":"access","exp":1800000900)"),
     "bad claims: sub"},
    {"sub with a zero", kH, only(R"("sub":"a\u0000b","type":"access","exp":1800000900)"),
     "bad claims: sub"},
    {"sub of 255 bytes", kH,
     only(R"("sub":")" + std::string(255, 'a') + R"(","type":"access","exp":1800000900)"), "ok"},
    {"sub of 256 bytes", kH,
     only(R"("sub":")" + std::string(256, 'a') + R"(","type":"access","exp":1800000900)"),
     "bad claims: sub"},
    {"scenario 13: a refresh token", kH, only(R"("sub":"alice","type":"refresh","exp":1800000900)"),
     "token of another type"},
    {"no type", kH, only(R"("sub":"alice","exp":1800000900)"), "token of another type"},
    {"type unknown", kH, only(R"("sub":"alice","type":"id","exp":1800000900)"),
     "token of another type"},
    {"type in capitals", kH, only(R"("sub":"alice","type":"Access","exp":1800000900)"),
     "token of another type"},
    {"type a list", kH, only(R"("sub":"alice","type":["access"],"exp":1800000900)"),
     "token of another type"},
    {"fault 17: aud where none is configured", kH, claims_with(R"("aud":"other")"),
     "token for another audience"},
    {"scenario 23: sub twice", kH, claims_with(R"("sub":"mallory")"), "malformed token"},
    {"scenario 23: exp twice", kH, claims_with(R"("exp":9999999999)"), "malformed token"},
    {"twice, once escaped", kH, claims_with(R"("s\u0075b":"mallory")"), "malformed token"},
    {"twice, the first holding others", kH, claims_with(R"("x":{"a":1,"b":[{"c":2}]},"x":0)"),
     "malformed token"},
    {"colons and quotes within strings", kH, claims_with(R"("a:b":"c:\"d:\\","e":[":"])"), "ok"},
    {"twice, behind strings of quotes", kH, claims_with(R"("a":"\\\"","a":"\\")"),
     "malformed token"},
    {"twice in a nested object", kH, claims_with(R"("x":{"a":1,"a":2})"), "malformed token"},
    {"the same name in two objects", kH, claims_with(R"("x":{"a":1},"y":{"a":2})"), "ok"},
    {"claims that are a list", kH, "[]", "malformed token"},
    {"claims that are no JSON", kH, "sub=alice", "malformed token"},
    {"a trailing comma", kH, R"({"sub":"alice","type":"access","exp":1800000900,})",
     "malformed token"},
    {"a comment", kH, R"({"sub":"alice"/**/,"type":"access","exp":1800000900})", "malformed token"},
    {"invalid UTF-8", kH, claims_with("\"x\":\"\xFF\""), "malformed token"},
    {"nesting of eight", kH, claims_with(R"("x":[[[[[[[1]]]]]]])"), "ok"},
    {"nesting of nine", kH, claims_with(R"("x":[[[[[[[[1]]]]]]]])"), "malformed token"},
};
INSTANTIATE_TEST_SUITE_P(Claims, Forms, testing::ValuesIn(kClaimCases));

TEST(Form, IsThreePartsOfBase64url) {
  const AuthConfig config(kSecret);
  const std::string token = create_access_token(config, "alice", {}, kNow);
  const std::size_t first = token.find('.');
  for (const std::string& bad :
       {""s, "."s, ".."s, "..."s, "a"s, "zzz"s, token + ".", token + ".x",
        token.substr(0, token.rfind('.')), token + "=", " " + token, token + " ", token + "\n",
        "Bearer " + token, token.substr(0, first) + "=" + token.substr(first),
        token.substr(0, first) + "+" + token.substr(first),
        std::string(TokenCodec::kTokenBytesMax + 1, 'a')}) {
    EXPECT_EQ(verdict(config, bad), "malformed token") << bad;
  }
}

TEST(Form, DeepNestingIsRefusedBeforeItIsFollowed) {  // scenario 23
  const AuthConfig config(kSecret);
  const std::string deep = R"({"x":)" + std::string(100'000, '[');
  EXPECT_EQ(verdict(config, forge(config, kHeader, deep)), "malformed token");
  EXPECT_EQ(verdict(config, forge(config, kHeader, R"({"x":)" + std::string(4000, '['))),
            "malformed token");
}

TEST(Form, Base64urlIsStrict) {
  EXPECT_EQ(microframe::base::base64url_decode("AA"), "\0"s);
  EXPECT_FALSE(microframe::base::base64url_decode("AB"));  // stray bits
  EXPECT_FALSE(microframe::base::base64url_decode("A"));
  EXPECT_FALSE(microframe::base::base64url_decode("AA=="));
  EXPECT_FALSE(microframe::base::base64url_decode("A/"));
  for (const std::size_t size : {6U, 7U, 8U}) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string text(size, 'A');
      EXPECT_TRUE(microframe::base::base64url_decode(text));
      for (const char bad : {'+', '/', '=', '.', '\0', '\xFF'}) {
        text[at] = bad;
        EXPECT_FALSE(microframe::base::base64url_decode(text)) << at << " of " << size;
      }
    }
  }
  for (std::size_t size = 0; size < 20; ++size) {
    const std::string bytes(size, '\xF7');
    EXPECT_EQ(microframe::base::base64url_decode(microframe::base::base64url_encode(bytes)), bytes);
  }
}

TEST(Form, Es256WithOneHalfZeroIsRefused) {  // scenario 16
  const AuthConfig config = config_for(Algorithm::ES256);
  const std::string input = join(R"({"alg":"ES256"})", kClaims);
  const std::string signature = make_signer(config)->sign(input);
  const std::string zeros(32, '\0');
  EXPECT_EQ(verdict(config, input + "." + microframe::base::base64url_encode(signature)), "ok");
  for (const std::string& bad : {zeros + signature.substr(32), signature.substr(0, 32) + zeros}) {
    EXPECT_EQ(verdict(config, input + "." + microframe::base::base64url_encode(bad)),
              "bad signature");
  }
}

TEST(Form, Es256InDerIsRefused) {  // RFC 7518 §3.4: r and s side by side, nothing else
  const AuthConfig config = config_for(Algorithm::ES256);
  const std::string input = join(R"({"alg":"ES256"})", kClaims);
  const std::string signature = make_signer(config)->sign(input);
  EXPECT_EQ(verdict(config, input + "." + microframe::base::base64url_encode(signature)), "ok");
  EXPECT_EQ(
      verdict(config, input + "." + microframe::base::base64url_encode(test::ecdsa_der(signature))),
      "bad signature");
}

// --- keys ---

TEST(Keys, Hs256WithTheRsaPublicKeyIsRefused) {  // scenario 15, CVE-2024-33663
  const AuthConfig config = AuthConfig::verify_only(Algorithm::RS256, rsa().public_pem);
  for (const std::string& known : {rsa().public_pem, rsa().public_der}) {
    const std::string input = join(kHeader, kClaims);
    const std::string token =
        input + "." + microframe::base::base64url_encode(test::hmac_sha256(known, input));
    EXPECT_EQ(verdict(config, token), "token of another algorithm");
  }
}

template <class Make>
std::string config_error(Make make) {
  try {
    make();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Keys, WeakOrWrongKeysAreRefusedWithAdvice) {
  const auto contains = [](const std::string& text, const char* words) {
    return text.find(words) != std::string::npos;
  };
  EXPECT_TRUE(contains(config_error([] { AuthConfig config(""); }), "openssl rand -hex 32"));
  EXPECT_TRUE(
      contains(config_error([] { AuthConfig config(std::string(31, 's')); }), "at least 32 bytes"));
  EXPECT_TRUE(
      contains(config_error([] { AuthConfig config(std::string(47, 's'), Algorithm::HS384); }),
               "at least 48 bytes"));
  EXPECT_TRUE(
      contains(config_error([] { AuthConfig config(std::string(63, 's'), Algorithm::HS512); }),
               "at least 64 bytes"));
  EXPECT_TRUE(contains(config_error([] { AuthConfig config(rsa().public_pem); }), "key in PEM"));
  EXPECT_TRUE(contains(config_error([] { AuthConfig config("no key", Algorithm::RS256); }),
                       "BEGIN PRIVATE KEY"));
  EXPECT_TRUE(
      contains(config_error([] { AuthConfig::verify_only(Algorithm::RS256, rsa().private_pem); }),
               "BEGIN PUBLIC KEY"));
  EXPECT_TRUE(contains(
      config_error([] { AuthConfig config(test::rsa_key(1024).private_pem, Algorithm::RS256); }),
      "2048 bits"));
  EXPECT_TRUE(contains(config_error([] { AuthConfig config(rsa().private_pem, Algorithm::ES256); }),
                       "prime256v1"));
  EXPECT_TRUE(contains(
      config_error([] { AuthConfig config(test::ec_key("P-384").private_pem, Algorithm::ES256); }),
      "prime256v1"));
  EXPECT_TRUE(contains(config_error([] { AuthConfig config(rsa().private_pem, Algorithm::EdDSA); }),
                       "Ed25519"));
  EXPECT_TRUE(
      contains(config_error([] { AuthConfig::key_pair(Algorithm::HS256, kSecret, kSecret); }),
               "one shared secret"));
  EXPECT_EQ(config_error([] { AuthConfig config(std::string(32, 's')); }), "");
}

TEST(Keys, APublicKeyInPlaceOfAPrivateOneIsRefusedByName) {
  const std::string error =
      config_error([] { AuthConfig config(rsa().public_pem, Algorithm::RS256); });
  EXPECT_NE(error.find("AuthConfig::verify_only"), std::string::npos) << error;
}

TEST(Keys, VerifyOnlyCannotSign) {
  const AuthConfig config = AuthConfig::verify_only(Algorithm::RS256, rsa().public_pem);
  EXPECT_THROW(create_access_token(config, "alice"), ConfigError);
}

TEST(Keys, AnotherKeyIsRefused) {
  const AuthConfig ours(kSecret);
  const AuthConfig theirs(std::string(64, 't'));
  EXPECT_EQ(verdict(ours, create_access_token(theirs, "alice", {}, kNow)), "bad signature");
}

// --- rules of a configuration ---

TEST(Rules, IssuerMustBeTheConfigured) {  // scenario 23
  AuthConfig config(kSecret);
  config.issuer = "us";
  EXPECT_EQ(verdict(config, create_access_token(config, "alice", {}, kNow)), "ok");
  EXPECT_EQ(verdict(config, forge(config, kHeader, kClaims)), "token of another issuer");
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("iss":"them")"))),
            "token of another issuer");
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("iss":["us"])"))),
            "token of another issuer");
}

TEST(Rules, AudienceMustHoldTheConfigured) {  // scenario 23
  AuthConfig config(kSecret);
  config.audience = "chat";
  EXPECT_EQ(verdict(config, create_access_token(config, "alice", {}, kNow)), "ok");
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("aud":["mail","chat"])"))), "ok");
  EXPECT_EQ(verdict(config, forge(config, kHeader, kClaims)), "token for another audience");
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("aud":"mail")"))),
            "token for another audience");
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("aud":[])"))),
            "token for another audience");
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("aud":[1,{}])"))),
            "token for another audience");
  EXPECT_EQ(verdict(config, forge(config, kHeader, claims_with(R"("aud":7)"))),
            "token for another audience");
}

TEST(Rules, ThereIsNoLeewayUnlessConfigured) {
  AuthConfig config(kSecret);
  const std::string token = create_access_token(config, "alice", TokenOptions().ttl(60s), kNow);
  EXPECT_EQ(verdict(config, token, TokenType::access, kNow + 59s), "ok");
  EXPECT_EQ(verdict(config, token, TokenType::access, kNow + 60s), "token expired");
  config.leeway = 5s;
  EXPECT_EQ(verdict(config, token, TokenType::access, kNow + 64s), "ok");
  EXPECT_EQ(verdict(config, token, TokenType::access, kNow + 65s), "token expired");
}

TEST(Rules, TokensLastFifteenMinutesOrSevenDays) {
  const AuthConfig config(kSecret);
  EXPECT_EQ(
      decode_token(config, create_access_token(config, "a", {}, kNow), TokenType::access, kNow)
          .expires,
      kNow + 15min);
  EXPECT_EQ(
      decode_token(config, create_refresh_token(config, "a", {}, kNow), TokenType::refresh, kNow)
          .expires,
      kNow + std::chrono::days(7));
}

TEST(Rules, FurtherClaimsAreCarriedButCannotReplaceOurs) {
  const AuthConfig config(kSecret);
  const std::string token =
      create_access_token(config, "a", TokenOptions().claims({{"role", "admin"}}), kNow);
  EXPECT_EQ(decode_token(config, token, TokenType::access, kNow).extra().at("role"), "admin");
  EXPECT_THROW(create_access_token(config, "a", TokenOptions().claims({{"sub", "b"}})),
               std::invalid_argument);
  EXPECT_THROW(create_access_token(config, "a", TokenOptions().claims({{"exp", 1}})),
               std::invalid_argument);
  EXPECT_THROW(create_access_token(config, "a", TokenOptions().claims({1, 2})),
               std::invalid_argument);
  for (const char* ours : {"iss", "aud", "nbf", "iat", "jti", "type"}) {
    EXPECT_THROW(create_access_token(config, "a", TokenOptions().claims({{ours, 1}})),
                 std::invalid_argument)
        << ours;
  }
}

TEST(Rules, NoTokenIsIssuedThatWouldBeRefused) {
  const AuthConfig config(kSecret);
  const auto issue = [&](std::string_view sub, const TokenOptions& options = {}) {
    return verdict(config, create_access_token(config, sub, options, kNow));
  };
  const auto nested = [](int depth) {
    Json value = 1;
    for (int i = 0; i < depth; ++i) value = boost::json::array{value};
    return TokenOptions().claims({{"x", value}});
  };
  for (const std::string_view sub : {""sv, "a\nb"sv, "a\0b"sv, "\x7F"sv, "\xFF"sv}) {
    EXPECT_THROW(issue(sub), std::invalid_argument);
  }
  EXPECT_EQ(issue(std::string(255, 'a')), "ok");
  EXPECT_THROW(issue(std::string(256, 'a')), std::invalid_argument);
  EXPECT_EQ(issue("a", nested(7)), "ok");
  EXPECT_THROW(issue("a", nested(8)), std::invalid_argument);
  EXPECT_EQ(issue("a", TokenOptions().claims({{"x", std::string(5'900, 'x')}})), "ok");
  EXPECT_THROW(issue("a", TokenOptions().claims({{"x", std::string(6'200, 'x')}})),
               std::invalid_argument);
  EXPECT_THROW(issue("a", TokenOptions().claims({{"x", std::numeric_limits<double>::infinity()}})),
               std::invalid_argument);
  EXPECT_EQ(issue("a", TokenOptions().ttl(std::chrono::years(200))), "ok");
  EXPECT_THROW(issue("a", TokenOptions().ttl(std::chrono::years(300))), std::invalid_argument);
  EXPECT_THROW(issue("a", TokenOptions().ttl(std::chrono::seconds::max())), std::invalid_argument);
  EXPECT_THROW(issue("a", TokenOptions().ttl(std::chrono::seconds::min())), std::invalid_argument);
}

}  // namespace
}  // namespace microframe::authx
