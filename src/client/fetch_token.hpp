// What the application's token function gave: a token, or why there is none.
#pragma once

#include <functional>
#include <string>

namespace microframe::client {

struct FetchedToken {
  std::string token;
  std::string failure;  // in words; "": there is a token
};

// Calls `provider`, which may take its time and may throw. Any thread.
// returns: a failure also where the token holds a character that no header field may hold.
FetchedToken fetch_token(const std::function<std::string()>& provider);

}  // namespace microframe::client
