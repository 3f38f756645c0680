// The examples of the RFCs, whose keys are public. RFC 7515 appendix A, RFC 7519 §3.1 (which is
// A.1), RFC 8037 appendix A.

#include <gtest/gtest.h>

#include "authx/signer.hpp"
#include "base/base64url.hpp"
#include "support/bytes.hpp"
#include "support/keys.hpp"

namespace microframe::authx {
namespace {

std::string decoded(std::string_view text) {
  return microframe::base::base64url_decode(text).value();
}

// {"iss":"joe","exp":1300819380,"http://example.com/is_root":true}, with line ends.
constexpr std::string_view kPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

std::string input_with(std::string_view header) {
  return std::string(header) + "." + std::string(kPayload);
}

void expect_verified(const AuthConfig& config, const std::string& input,
                     std::string_view signature) {
  const auto verifier = make_verifier(config);
  EXPECT_TRUE(verifier->verify(input, decoded(signature)));
  EXPECT_FALSE(verifier->verify(input + "x", decoded(signature)));
}

TEST(Vectors, Rfc7515A1Hs256) {
  const AuthConfig config(decoded(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"));
  const std::string input = input_with("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9");
  constexpr std::string_view kSignature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_EQ(make_signer(config)->sign(input), decoded(kSignature));
  expect_verified(config, input, kSignature);
}

TEST(Vectors, Rfc7515A2Rs256) {
  const std::string modulus = decoded(
      "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
      "4qPCJrcS2mJPMEzP1Pt0Bm4d4Ql"
      "L-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
      "bSf63kpaSHSXndS5z5rexMdbBYUs"
      "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-"
      "DWNmoud"
      "F8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ");
  const std::string der =
      test::from_hex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100") +
      modulus + test::from_hex("0203010001");
  expect_verified(
      AuthConfig::verify_only(Algorithm::RS256, test::public_pem(der)),
      input_with("eyJhbGciOiJSUzI1NiJ9"),
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F"
      "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB"
      "MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY"
      "I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
}

TEST(Vectors, Rfc7515A3Es256) {
  const std::string der = test::from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") +
                          decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU") +
                          decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  expect_verified(
      AuthConfig::verify_only(Algorithm::ES256, test::public_pem(der)),
      input_with("eyJhbGciOiJFUzI1NiJ9"),
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
}

TEST(Vectors, Rfc8037A4Ed25519) {
  const std::string der = test::from_hex("302a300506032b6570032100") +
                          decoded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
  expect_verified(
      AuthConfig::verify_only(Algorithm::EdDSA, test::public_pem(der)),
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

}  // namespace
}  // namespace microframe::authx
