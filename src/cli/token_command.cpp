// microframe token: makes tokens, or shows what one says.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "authx/token_inspect.hpp"
#include "cli/commands.hpp"
#include "cli/duration.hpp"
#include "cli/secret.hpp"
#include "microframe/authx.hpp"

namespace microframe::cli {
namespace {

struct TokenOptions {
  std::string secret;
  std::string subject;
  std::string ttl = "15m";
  std::string inspect;
  std::size_t count = 0;
};

void print_tokens(const TokenOptions& options) {
  if (options.subject.empty()) throw ConfigError("whose token? Add --sub NAME");
  const authx::AuthConfig auth(secret_or_env(options.secret));
  const auto token_options = authx::TokenOptions().ttl(parse_duration(options.ttl));
  const auto print = [&](const std::string& subject) {
    std::puts(authx::create_access_token(auth, subject, token_options).c_str());
  };
  if (options.count == 0) return print(options.subject);
  for (std::size_t i = 0; i < options.count; ++i) print(options.subject + std::to_string(i));
}

}  // namespace

void add_token_command(CLI::App& cli, int&) {
  auto options = std::make_shared<TokenOptions>();
  CLI::App* command =
      cli.add_subcommand("token", "Print access tokens, one a line; or show what a token says");
  command->add_option("--secret", options->secret,
                      "The signing secret; better: MICROFRAME_SECRET in the environment");
  command->add_option("--sub", options->subject, "The user the token is for");
  command->add_option("--ttl", options->ttl, "How long it is good: 90s, 15m, 12h, 7d")
      ->capture_default_str();
  command->add_option("--count", options->count, "Print that many, for NAME0, NAME1, ..")
      ->check(CLI::Range(1, 1'000'000));
  command
      ->add_option("--inspect", options->inspect, "Show this token's header and claims, unverified")
      ->excludes("--sub");
  command->callback([options] {
    if (options->inspect.empty()) return print_tokens(*options);
    std::puts(authx::inspect(options->inspect).c_str());
  });
}

}  // namespace microframe::cli
