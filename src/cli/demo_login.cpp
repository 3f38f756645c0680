#include "cli/demo_login.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <random>
#include <string_view>

#include "microframe/authx.hpp"

namespace microframe::cli {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::chrono::hours kTokenLife{12};

std::string token_for(const authx::AuthConfig& auth, const std::string& name) {
  return authx::create_access_token(auth, name, authx::TokenOptions().ttl(kTokenLife));
}

// An address or a Host: with a port, or without.
bool is_loopback(std::string_view address) {
  constexpr std::string_view kHosts[] = {"127.0.0.1", "localhost", "[::1]"};
  return std::any_of(std::begin(kHosts), std::end(kHosts), [&](std::string_view host) {
    return address == host || (address.starts_with(host) && address[host.size()] == ':');
  });
}

HttpResponse refusal(std::string_view detail, unsigned status) {
  return HttpResponse::json({{"detail", detail}}, status);
}

}  // namespace

// The kernel's random numbers, where the C++ library is GNU's or LLVM's.
std::string random_secret() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::random_device random;
  std::string secret;
  while (secret.size() < 64) secret += kDigits[random() % kDigits.size()];
  return secret;
}

void add_demo_login(Application& app, const authx::AuthConfig& auth, const std::string& listen) {
  if (!is_loopback(listen))
    throw ConfigError(
        "--demo gives a token to whoever asks for one: it serves on loopback alone, as with "
        "--listen "
        "127.0.0.1:8000");
  app.post("/demo/login", [auth](const HttpRequest& request) {
    // A page of another site may give its own name this machine's address.
    if (!is_loopback(request.header("Host").value_or("")))
      return refusal("the demonstration is for this machine's own pages", 403);
    const std::string name = text(request.json(), "name");
    if (name.empty() || name.size() > kNameBytesMax)
      return refusal("a name has 1 to 64 bytes", 400);
    return HttpResponse::json({{"token", token_for(auth, name)}});
  });
  std::fprintf(
      stderr,
      "demo: the page at http://%s asks for a name, and whoever gives one gets a token. From a "
      "terminal:\n  microframe connect ws://%s/ws/chat --token %s\n",
      listen.c_str(), listen.c_str(), token_for(auth, "terminal").c_str());
}

}  // namespace microframe::cli
