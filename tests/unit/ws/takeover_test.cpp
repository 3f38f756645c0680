// Which compression a handshake comes to, and what of the budget it takes.
#include "ws/takeover.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace microframe::ws {
namespace {

std::vector<proto::Extension> offers(std::string_view field) {
  std::vector<proto::Extension> list;
  EXPECT_TRUE(proto::parse_extensions(field, list)) << field;
  return list;
}

constexpr std::string_view kOffer = "permessage-deflate";

Compression with_takeover() {
  Compression settings;
  settings.context_takeover = true;
  return settings;
}

TEST(AgreeOnDeflate, ComesToNothingWhereItIsOffOrNotOffered) {
  guard::TakeoverBudget budget(1'000'000);
  Compression off;
  off.enabled = false;
  EXPECT_FALSE(agree_on_deflate(offers(kOffer), off, budget).params);
  EXPECT_FALSE(agree_on_deflate({}, Compression(), budget).params);
  EXPECT_FALSE(agree_on_deflate(offers("x-webkit-deflate-frame"), Compression(), budget).params);
}

TEST(AgreeOnDeflate, WithoutTakeoverNothingOfTheBudgetIsTaken) {
  guard::TakeoverBudget budget(1'000'000);
  const auto agreed = agree_on_deflate(offers(kOffer), Compression(), budget);
  ASSERT_TRUE(agreed.params);
  EXPECT_FALSE(agreed.params->server_takes_over());
  EXPECT_FALSE(agreed.params->client_takes_over());
  EXPECT_EQ(budget.bytes(), 0U);
}

TEST(AgreeOnDeflate, TakeoverHoldsItsShareOfTheBudget) {
  guard::TakeoverBudget budget(10'000'000);
  {
    const auto agreed = agree_on_deflate(offers(kOffer), with_takeover(), budget);
    ASSERT_TRUE(agreed.params);
    EXPECT_TRUE(agreed.params->server_takes_over());
    EXPECT_TRUE(agreed.params->client_takes_over());
    EXPECT_EQ(budget.bytes(), proto::Deflater::bytes_held(
                                  deflater_options(with_takeover(), 15, proto::Context::kept)) +
                                  proto::Inflater::bytes_held(15));
  }
  EXPECT_EQ(budget.bytes(), 0U) << "the share is given back";
}

TEST(AgreeOnDeflate, OneDirectionHoldsLessThanBoth) {
  guard::TakeoverBudget budget(10'000'000);
  const auto agreed = agree_on_deflate(offers("permessage-deflate; server_no_context_takeover"),
                                       with_takeover(), budget);
  ASSERT_TRUE(agreed.params);
  EXPECT_FALSE(agreed.params->server_takes_over());
  EXPECT_TRUE(agreed.params->client_takes_over());
  EXPECT_EQ(budget.bytes(), proto::Inflater::bytes_held(agreed.params->client_window_bits()));
}

TEST(AgreeOnDeflate, SmallerWindowHoldsLess) {
  guard::TakeoverBudget budget(10'000'000);
  Compression small = with_takeover();
  small.window_bits = 10;
  const auto large = agree_on_deflate(offers(kOffer), with_takeover(), budget);
  const std::size_t bytes_of_large = budget.bytes();
  const auto agreed = agree_on_deflate(
      offers("permessage-deflate; client_max_window_bits; server_max_window_bits=10"), small,
      budget);
  ASSERT_TRUE(agreed.params);
  EXPECT_EQ(agreed.params->server_window_bits(), 10);
  EXPECT_LT(budget.bytes() - bytes_of_large, bytes_of_large);
}

TEST(AgreeOnDeflate, UsedUpBudgetStillCompressesWithoutTakeover) {
  guard::TakeoverBudget budget(1'000);
  const auto agreed = agree_on_deflate(offers(kOffer), with_takeover(), budget);
  ASSERT_TRUE(agreed.params);
  EXPECT_FALSE(agreed.params->server_takes_over());
  EXPECT_FALSE(agreed.params->client_takes_over());
  EXPECT_EQ(budget.bytes(), 0U);
}

TEST(DeflaterOptions, AreThoseOfTheSettings) {
  Compression settings;
  settings.level = 7;
  settings.memory_level = 3;
  const auto options = deflater_options(settings, 11, proto::Context::kept);
  EXPECT_EQ(options.level, 7);
  EXPECT_EQ(options.memory_level, 3);
  EXPECT_EQ(options.window_bits, 11);
  EXPECT_EQ(options.context, proto::Context::kept);
}

TEST(Takeover, HasACompressorOnlyWhereADirectionKeepsItsContext) {
  proto::CompressionCounts counts;
  for (const bool server : {false, true}) {
    for (const bool client : {false, true}) {
      proto::DeflateParams params;
      params.server_no_context_takeover = !server;
      params.client_no_context_takeover = !client;
      Takeover takeover(params, with_takeover(), {}, &counts);
      EXPECT_EQ(takeover.deflater() != nullptr, server);
      EXPECT_EQ(takeover.inflaters() != nullptr, client);
    }
  }
}

TEST(Takeover, LaterMessageMayReferToTheFirst) {
  proto::CompressionCounts counts;
  Takeover takeover(proto::DeflateParams(), with_takeover(), {}, &counts);
  std::string text;
  for (int i = 0; i < 40; ++i) text += std::to_string(i * 7919) + " ";
  const auto size = [&] {
    const auto payload = takeover.deflater()->compress(base::as_bytes(text));
    return payload ? payload->size() : text.size();
  };
  const std::size_t first = size();
  EXPECT_LT(size(), first / 2);
}

TEST(Takeover, GivesItsShareBackAtItsEnd) {
  guard::TakeoverBudget budget(1'000);
  proto::CompressionCounts counts;
  {
    auto share = budget.take(600);
    ASSERT_TRUE(share);
    const Takeover takeover(proto::DeflateParams(), with_takeover(), std::move(*share), &counts);
    EXPECT_EQ(budget.bytes(), 600U);
  }
  EXPECT_EQ(budget.bytes(), 0U);
}

}  // namespace
}  // namespace microframe::ws
