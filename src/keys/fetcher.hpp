// Fetcher: what a KeyStore fetches key sets with. KeyFetcher does so by HTTP; tests answer by hand.
// Threading: one thread, but for wake().
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "microframe/authx/jwks_source.hpp"

namespace microframe::keys {

class Fetcher {
 public:
  // What has become of a fetch.
  struct Answer {
    std::size_t id;
    std::string body;                             // of an answer with status 200
    std::string error;                            // why there is no body; "" if there is one
    std::optional<std::chrono::seconds> max_age;  // the answer's
  };

  // Drops what is under way.
  virtual ~Fetcher() = default;

  // Begins to fetch from the source's URL. The answer bears `id`.
  // errors: std::bad_alloc; nothing has begun then.
  virtual void begin(std::size_t id, const authx::JwksSource& source) = 0;
  // Works until a fetch has ended, `at_most` has passed, or wake() is called.
  // returns: the answers of the fetches that have ended.
  virtual std::vector<Answer> work(std::chrono::milliseconds at_most) = 0;
  // Ends work() soon. Any thread.
  virtual void wake() = 0;
};

}  // namespace microframe::keys
