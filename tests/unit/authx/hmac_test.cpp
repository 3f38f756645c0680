// HMAC compared with OpenSSL's EVP_Q_mac. RFC 2104.

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "authx/signer.hpp"
#include "support/forge.hpp"

namespace microframe::authx {
namespace {

std::string openssl_mac(const char* digest, const std::string& secret, const std::string& input) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  std::size_t size = 0;
  EVP_Q_mac(nullptr, "HMAC", nullptr, digest, nullptr, secret.data(), secret.size(),
            reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac.data(),
            mac.size(), &size);
  return {reinterpret_cast<const char*>(mac.data()), size};
}

TEST(Hmac, EqualsOpenSslsForSecretsAroundTheBlockSizeAndInputsOfAnyLength) {
  constexpr std::pair<Algorithm, const char*> kDigests[] = {
      {Algorithm::HS256, "SHA256"}, {Algorithm::HS384, "SHA384"}, {Algorithm::HS512, "SHA512"}};
  for (const auto& [algorithm, digest] : kDigests) {
    for (const std::size_t secret_bytes : {64U, 65U, 127U, 128U, 129U, 300U}) {
      std::string secret;
      for (std::size_t i = 0; i < secret_bytes; ++i) secret += static_cast<char>(i * 7);
      const auto signer = make_signer(AuthConfig(secret, algorithm));
      const auto verifier = make_verifier(AuthConfig(secret, algorithm));
      for (std::size_t size = 0; size < 300; ++size) {
        const std::string input(size, 'i');
        const std::string mac = signer->sign(input);
        ASSERT_EQ(mac, openssl_mac(digest, secret, input))
            << digest << ' ' << secret_bytes << ' ' << size;
        ASSERT_TRUE(verifier->verify(input, mac));
      }
    }
  }
  const std::string shortest(32, 's');
  EXPECT_EQ(make_signer(AuthConfig(shortest))->sign("x"), openssl_mac("SHA256", shortest, "x"));
}

// Each use takes a context of the key; threads that meet must not share one.
TEST(Hmac, SignsAndVerifiesOnManyThreadsAtOnce) {
  const std::string secret(32, 's');
  const auto signer = make_signer(AuthConfig(secret));
  const auto verifier = make_verifier(AuthConfig(secret));
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      const std::string input(100, static_cast<char>('a' + number));
      const std::string expected = openssl_mac("SHA256", secret, input);
      for (int i = 0; i < 5'000; ++i) {
        ASSERT_EQ(signer->sign(input), expected);
        ASSERT_TRUE(verifier->verify(input, expected));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace microframe::authx
