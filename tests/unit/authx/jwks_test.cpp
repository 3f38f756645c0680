// Key sets: which keys are used, for what, and which are not. RFC 7517, RFC 7518 §6, RFC 8037.

#include "authx/jwks.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "authx/max_age.hpp"
#include "support/forge.hpp"
#include "support/jwks.hpp"
#include "unit/authx/rsa.hpp"

namespace microframe::authx {
namespace {

using namespace std::string_literals;
using test::key_set;
using test::member;

const std::vector<Algorithm>& all() {
  static const auto algorithms = JwksSource("https://x").algorithms();
  return algorithms;
}
const test::KeyPair& p256() {
  static const test::KeyPair pair = test::ec_key("P-256");
  return pair;
}
const test::KeyPair& p384() {
  static const test::KeyPair pair = test::ec_key("P-384");
  return pair;
}
const test::KeyPair& ed() {
  static const test::KeyPair pair = test::ed25519_key();
  return pair;
}

// "RS256", or why the key is not used.
std::string outcome(const std::string& jwk, const std::vector<Algorithm>& allowed = all()) {
  const auto key = read_jwk(boost::json::parse(jwk), allowed);
  return std::string(key ? to_string(key->algorithm) : to_string(key.error()));
}

// Replaces the value of a member that is a string.
std::string with(std::string jwk, std::string_view name, std::string_view value) {
  const std::string begin = "\"" + std::string(name) + "\":\"";
  const std::size_t at = jwk.find(begin) + begin.size();
  return jwk.replace(at, jwk.find('"', at) - at, value);
}
std::string without(std::string jwk, std::string_view name) {
  const std::size_t at = jwk.find(",\"" + std::string(name) + "\":\"");
  const std::size_t value = at + name.size() + 5;
  return jwk.erase(at, jwk.find('"', value) + 1 - at);
}

// RFC 7517 §A.1, letter by letter.
constexpr char kRfcSet[] = R"({"keys":[
  {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
   "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"},
  {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
   "e":"AQAB","alg":"RS256","kid":"2011-04-29"}]})";

TEST(KeySet, ReadsTheRfcsExample) {
  const auto set = KeySet::parse(kRfcSet, all());
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->size(), 1U);
  EXPECT_EQ(set->passed_over(), "1 not for verifying");
  EXPECT_NE(set->find("2011-04-29", Algorithm::RS256), nullptr);
  EXPECT_EQ(set->find("2011-04-29", Algorithm::RS384), nullptr);
  EXPECT_EQ(set->find("1", Algorithm::ES256), nullptr);
}

TEST(Jwk, IsPinnedToItsOwnAlgorithmOrToTheFirstAllowedThatFits) {
  EXPECT_EQ(outcome(test::rsa_jwk(rsa(), "k")), "RS256");
  EXPECT_EQ(outcome(test::rsa_jwk(rsa(), "k", member("alg", "PS512"))), "PS512");
  EXPECT_EQ(outcome(test::rsa_jwk(rsa(), "k"), {Algorithm::ES256, Algorithm::PS256}), "PS256");
  EXPECT_EQ(outcome(test::rsa_jwk(rsa(), "k", member("alg", "RS256")), {Algorithm::PS256}),
            "of another algorithm");
  EXPECT_EQ(outcome(test::ec_jwk(p256(), "P-256", "k")), "ES256");
  EXPECT_EQ(outcome(test::ec_jwk(p384(), "P-384", "k")), "ES384");
  EXPECT_EQ(outcome(test::ed25519_jwk(ed(), "k")), "EdDSA");
  // A curve that is not the algorithm's.
  EXPECT_EQ(outcome(test::ec_jwk(p256(), "P-256", "k", member("alg", "ES384"))),
            "of another algorithm");
  for (const char* alg : {"none", "HS256", "RSA-OAEP", "ES512", ""}) {
    EXPECT_EQ(outcome(test::rsa_jwk(rsa(), "k", member("alg", alg))), "of another algorithm")
        << alg;
  }
  EXPECT_EQ(outcome(test::rsa_jwk(rsa(), "k", R"(,"alg":1)")), "of another algorithm");
}

TEST(Jwk, IsRefusedUnlessItIsForVerifying) {
  const auto use = [](const std::string& more) { return outcome(test::rsa_jwk(rsa(), "k", more)); };
  EXPECT_EQ(use(R"(,"use":"sig")"), "RS256");
  EXPECT_EQ(use(R"(,"use":"enc")"), "not for verifying");
  EXPECT_EQ(use(R"(,"use":["sig"])"), "not for verifying");
  EXPECT_EQ(use(R"(,"key_ops":["verify"])"), "RS256");
  EXPECT_EQ(use(R"(,"key_ops":["encrypt","verify"])"), "RS256");
  EXPECT_EQ(use(R"(,"key_ops":["encrypt"])"), "not for verifying");
  EXPECT_EQ(use(R"(,"key_ops":[])"), "not for verifying");
  EXPECT_EQ(use(R"(,"key_ops":"verify")"), "not for verifying");
  EXPECT_EQ(use(R"(,"use":"sig","key_ops":["wrapKey"])"), "not for verifying");
}

TEST(Jwk, WithSecretPartsIsRefused) {
  EXPECT_EQ(outcome(R"({"kty":"oct","k":"AAAA","kid":"k"})"), "secret, and published");
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    EXPECT_EQ(outcome(test::rsa_jwk(rsa(), "k", member(name, "AQAB"))), "secret, and published")
        << name;
  }
  EXPECT_EQ(outcome(test::ed25519_jwk(ed(), "k", member("d", "AAAA"))), "secret, and published");
}

TEST(Jwk, OfAnUnknownKindIsSkipped) {
  const std::string ec = test::ec_jwk(p256(), "P-256", "k");
  for (const std::string& jwk :
       {with(ec, "crv", "P-521"), with(ec, "crv", "secp256k1"), with(ec, "kty", "ec"),
        without(ec, "crv"), with(test::ed25519_jwk(ed(), "k"), "crv", "X25519"), "{}"s}) {
    EXPECT_EQ(outcome(jwk), "of an unknown kind") << jwk;
  }
}

TEST(Jwk, OfAWrongFormIsRefused) {
  const std::string key = test::rsa_jwk(rsa(), "k");
  const std::string ec = test::ec_jwk(p256(), "P-256", "k");
  const std::string okp = test::ed25519_jwk(ed(), "k");
  for (const std::string& jwk :
       {"1"s, "[]"s, without(key, "n"), without(key, "e"), with(key, "n", "A"),
        with(key, "e", "AQ=="), without(ec, "x"), without(ec, "y"), with(ec, "x", "AAAA"),
        with(okp, "x", "AAAA"), without(okp, "x"),
        R"({"kty":"RSA","kid":1,"n":"AQAB","e":"AQAB"})"s}) {
    EXPECT_EQ(outcome(jwk), "malformed") << jwk;
  }
}

TEST(Jwk, OfNumbersThatAreNoKeyIsRefused) {
  const std::string key = test::rsa_jwk(rsa(), "k");
  const auto modulus = [&](std::size_t bytes, char last) {
    return with(key, "n",
                microframe::base::base64url_encode("\xC0" + std::string(bytes - 2, 'x') + last));
  };
  EXPECT_EQ(outcome(test::rsa_jwk(test::rsa_key(1024), "k")), "too short");
  EXPECT_EQ(outcome(modulus(255, 'a')), "too short");  // 2,040 bits
  EXPECT_EQ(outcome(modulus(256, 'a')), "RS256");      // 2,048
  EXPECT_EQ(outcome(modulus(1024, 'a')), "RS256");     // 8,192
  EXPECT_EQ(outcome(modulus(1025, 'a')), "no key");
  EXPECT_EQ(outcome(modulus(256, 'b')), "no key");       // even
  for (const char* exponent : {"AQ", "Ag", "AA", ""}) {  // 1, 2, 0, nothing
    EXPECT_EQ(outcome(with(key, "e", exponent)), "no key") << exponent;
  }
  EXPECT_EQ(outcome(with(key, "e", microframe::base::base64url_encode(std::string(8, '\x7F')))),
            "RS256");
  EXPECT_EQ(outcome(with(key, "e", microframe::base::base64url_encode(std::string(9, '\x7F')))),
            "no key");
  // A point that is not on the curve: invalid-curve attacks begin so.
  const std::string ec = test::ec_jwk(p256(), "P-256", "k");
  EXPECT_EQ(outcome(with(ec, "x", microframe::base::base64url_encode(std::string(32, 'x')))),
            "no key");
  EXPECT_EQ(outcome(with(ec, "x", microframe::base::base64url_encode(std::string(32, '\xFF')))),
            "no key");
}

TEST(KeySet, RefusesTextThatIsNoKeySet) {
  const std::string one = test::ed25519_jwk(ed(), "k");
  const auto why = [](const std::string& text) {
    const auto set = KeySet::parse(text, all());
    return std::string(set ? "ok" : to_string(set.error()));
  };
  EXPECT_EQ(why(key_set({one})), "ok");
  EXPECT_EQ(why(R"({"other":1,"keys":[)" + one + "]}"), "ok");
  for (const std::string& text :
       {""s, "garbage"s, "[]"s, "{}"s, R"({"keys":{}})"s, R"({"keys":1})"s,
        R"({"keys":[],"keys":[)" + one + "]}", key_set({one}) + "x", "<html>not found</html>"s,
        key_set({std::string(9, '[')})}) {
    EXPECT_EQ(why(text), "this is no key set") << text;
  }
  EXPECT_EQ(why(key_set({})), "the key set has no key that can be used");
  EXPECT_EQ(why(key_set({R"({"kty":"oct","k":"AAAA"})"})),
            "the key set has no key that can be used");
}

TEST(KeySet, RefusesSetsOverItsBounds) {
  const std::string one = test::ed25519_jwk(ed(), "k");
  EXPECT_EQ(KeySet::parse(key_set(std::vector<std::string>(100, one)), all())->size(), 100U);
  EXPECT_EQ(KeySet::parse(key_set(std::vector<std::string>(101, one)), all()).error(),
            KeySetError::too_many);
  std::string text = key_set({one});
  text.resize(64 * 1024, ' ');
  EXPECT_TRUE(KeySet::parse(text, all()).ok());
  EXPECT_EQ(KeySet::parse(text + " ", all()).error(), KeySetError::too_big);
}

TEST(KeySet, FindsByNameAndAlgorithm) {
  const std::string text = key_set({test::rsa_jwk(rsa(), "r"), test::ed25519_jwk(ed(), "e"),
                                    test::ed25519_jwk(test::ed25519_key(), "f"),
                                    without(test::ec_jwk(p256(), "P-256", "x"), "kid"), "7"});
  const auto set = KeySet::parse(text, all());
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->passed_over(), "1 malformed");
  EXPECT_NE(set->find("r", Algorithm::RS256), nullptr);
  EXPECT_EQ(set->find("r", Algorithm::PS256), nullptr);
  EXPECT_EQ(set->find("R", Algorithm::RS256), nullptr);
  EXPECT_EQ(set->find("", Algorithm::RS256), nullptr);
  EXPECT_NE(set->find("e", Algorithm::EdDSA), set->find("f", Algorithm::EdDSA));
  // Without a name: only where there is no choice.
  EXPECT_NE(set->find(std::nullopt, Algorithm::RS256), nullptr);
  EXPECT_NE(set->find(std::nullopt, Algorithm::ES256), nullptr);
  EXPECT_EQ(set->find(std::nullopt, Algorithm::EdDSA), nullptr);
  EXPECT_EQ(set->find(std::nullopt, Algorithm::ES384), nullptr);
}

TEST(KeySet, TellsWhetherNamesHaveChanged) {
  const auto parse = [](const std::vector<std::string>& jwks) {
    return *KeySet::parse(key_set(jwks), all());
  };
  const KeySet one = parse({test::ed25519_jwk(ed(), "k")});
  EXPECT_TRUE(one.names_as(parse({test::ed25519_jwk(test::ed25519_key(), "k")})));
  EXPECT_FALSE(one.names_as(parse({test::ed25519_jwk(ed(), "l")})));
  EXPECT_FALSE(one.names_as(parse({test::rsa_jwk(rsa(), "k")})));
  EXPECT_FALSE(one.names_as(parse({test::ed25519_jwk(ed(), "k"), test::ed25519_jwk(ed(), "k")})));
}

TEST(MaxAge, IsReadFromCacheControl) {
  using std::chrono::seconds;
  for (const auto& [value, expected] : std::initializer_list<std::pair<const char*, int>>{
           {"max-age=600", 600},
           {" public, max-age=21600, must-revalidate", 21600},
           {"Max-Age=5\r\n", 5},
           {"no-cache, max-age=0", 0},
           {"max-age=999999999", 999'999'999}}) {
    EXPECT_EQ(max_age_of(value), seconds(expected)) << value;
  }
  for (const char* value :
       {"", "no-store", "s-maxage=5", "max-age", "max-age=", "max-age=x", "max-age=-1",
        "max-age=1.5", "max-age=\"5\"", "max-age=9999999999", "xmax-age=5", ",,,"}) {
    EXPECT_EQ(max_age_of(value), std::nullopt) << value;
  }
}

}  // namespace
}  // namespace microframe::authx
