// What an AuthConfig may say beside its keys: each case is one change to a good configuration.

#include "authx/config_rules.hpp"

#include <gtest/gtest.h>

#include "authx/authenticator.hpp"
#include "microframe/config_error.hpp"
#include "support/forge.hpp"

namespace microframe::authx {
namespace {

using namespace std::chrono_literals;
using Carrier = TokenSource::Carrier;

struct RuleCase {
  const char* name;
  void (*change)(AuthConfig& config);
  const char* advice;  // part of the error; "" where the change is good
};

class ConfigRules : public testing::TestWithParam<RuleCase> {};

TEST_P(ConfigRules, RefuseABadConfigurationAtStart) {
  AuthConfig config(kSecret);
  GetParam().change(config);
  std::string error;
  try {
    const Authenticator authenticator(config);
  } catch (const ConfigError& refused) {
    error = refused.what();
  }
  if (*GetParam().advice == '\0') {
    EXPECT_EQ(error, "");
  } else {
    EXPECT_NE(error.find(GetParam().advice), std::string::npos) << error;
  }
}

const RuleCase kRules[] = {
    {"as_it_comes", [](AuthConfig&) {}, ""},
    {"no_access_minutes", [](AuthConfig& c) { c.access_token_expire_minutes = 0; }, "such as 15"},
    {"negative_refresh_days", [](AuthConfig& c) { c.refresh_token_expire_days = -1; }, "such as 7"},
    {"negative_leeway", [](AuthConfig& c) { c.leeway = -1s; }, "0 to 3600"},
    {"leeway_of_an_hour", [](AuthConfig& c) { c.leeway = 1h; }, ""},
    {"leeway_past_an_hour", [](AuthConfig& c) { c.leeway = 3601s; }, "0 to 3600"},
    {"leeway_that_would_overflow", [](AuthConfig& c) { c.leeway = std::chrono::seconds::max(); },
     "0 to 3600"},
    {"empty_issuer", [](AuthConfig& c) { c.issuer = ""; }, "issuer is empty"},
    {"empty_audience", [](AuthConfig& c) { c.audience = ""; }, "audience is empty"},
    {"no_sources", [](AuthConfig& c) { c.sources.clear(); }, "sources is empty"},
    {"nameless_query", [](AuthConfig& c) { c.sources = {{Carrier::query}}; }, "has no name"},
    {"nameless_cookie", [](AuthConfig& c) { c.sources = {{Carrier::cookie}}; }, "has no name"},
    {"nameless_prefix", [](AuthConfig& c) { c.sources = {{Carrier::subprotocol}}; }, "has no name"},
    {"bearer_needs_no_name", [](AuthConfig& c) { c.sources = {{Carrier::bearer}}; }, ""},
    {"origin", [](AuthConfig& c) { c.allowed_origins = {"https://app.example"}; }, ""},
    {"origin_with_port", [](AuthConfig& c) { c.allowed_origins = {"http://localhost:3000"}; }, ""},
    {"origin_ipv6", [](AuthConfig& c) { c.allowed_origins = {"http://[::1]:3000"}; }, ""},
    {"origin_of_an_app", [](AuthConfig& c) { c.allowed_origins = {"capacitor://localhost"}; }, ""},
    {"origin_with_slash", [](AuthConfig& c) { c.allowed_origins = {"https://app.example/"}; },
     "no browser"},
    {"origin_star", [](AuthConfig& c) { c.allowed_origins = {"*"}; }, "no browser"},
    {"origin_with_star", [](AuthConfig& c) { c.allowed_origins = {"https://*.example"}; },
     "no browser"},
    {"origin_null", [](AuthConfig& c) { c.allowed_origins = {"null"}; }, "no browser"},
    {"origin_without_scheme", [](AuthConfig& c) { c.allowed_origins = {"app.example"}; },
     "no browser"},
    {"origin_with_user", [](AuthConfig& c) { c.allowed_origins = {"https://a@b"}; }, "no browser"},
    {"origin_without_host", [](AuthConfig& c) { c.allowed_origins = {"https://"}; }, "no browser"},
    {"origin_empty", [](AuthConfig& c) { c.allowed_origins = {""}; }, "no browser"},
};
INSTANTIATE_TEST_SUITE_P(Each, ConfigRules, testing::ValuesIn(kRules),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace microframe::authx
