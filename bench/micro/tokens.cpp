// Verifying a token, with the keys ready as in a route, and making one.

#include <benchmark/benchmark.h>

#include <string>

#include "authx/token_codec.hpp"
#include "support/keys.hpp"

namespace {

using namespace microframe::authx;

AuthConfig with(Algorithm algorithm, const test::KeyPair& keys) {
  return AuthConfig::key_pair(algorithm, keys.private_pem, keys.public_pem);
}

AuthConfig config_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::RS256:
      return with(algorithm, test::rsa_key(2048));
    case Algorithm::ES256:
      return with(algorithm, test::ec_key("P-256"));
    case Algorithm::EdDSA:
      return with(algorithm, test::ed25519_key());
    default:
      return AuthConfig(std::string(64, 's'), algorithm);
  }
}

constexpr Time kNow{std::chrono::seconds(1'800'000'000)};

void verify(benchmark::State& state, Algorithm algorithm) {
  const TokenCodec codec(config_of(algorithm));
  const std::string token = codec.issue(TokenType::access, "alice", {}, kNow);
  for (auto _ : state) {
    auto claims = codec.verify(token, TokenType::access, kNow);
    benchmark::DoNotOptimize(claims);
    if (!claims) state.SkipWithError("a good token was refused");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(verify, HS256, Algorithm::HS256);
BENCHMARK_CAPTURE(verify, HS512, Algorithm::HS512);
BENCHMARK_CAPTURE(verify, RS256, Algorithm::RS256);
BENCHMARK_CAPTURE(verify, ES256, Algorithm::ES256);
BENCHMARK_CAPTURE(verify, EdDSA, Algorithm::EdDSA);

// The cost of each token in a flood of forged ones.
void refuse(benchmark::State& state) {
  const TokenCodec codec(config_of(Algorithm::HS256));
  std::string token = codec.issue(TokenType::access, "alice", {}, kNow);
  token.back() = token.back() == 'A' ? 'B' : 'A';
  for (auto _ : state) {
    auto claims = codec.verify(token, TokenType::access, kNow);
    benchmark::DoNotOptimize(claims);
    if (claims) state.SkipWithError("a forged token was taken");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(refuse);

void issue(benchmark::State& state) {
  const TokenCodec codec(config_of(Algorithm::HS256));
  for (auto _ : state) {
    const std::string token = codec.issue(TokenType::access, "alice", {}, kNow);
    benchmark::DoNotOptimize(token.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(issue);

}  // namespace
