// The login of `microframe serve --demo`, which gives a token to whoever asks for one.
#pragma once

#include <string>

#include "microframe/application.hpp"

namespace microframe::cli {

// A secret for a server that was given none: tokens are good until it ends.
std::string random_secret();

// Answers POST /demo/login, with {"name": ".."}, with {"token": ".."}; to browsers only on pages of this
// machine (the request's Host).
// errors: ConfigError unless `listen` is a port of loopback: nobody else may come in.
void add_demo_login(Application& app, const authx::AuthConfig& auth, const std::string& listen);

}  // namespace microframe::cli
