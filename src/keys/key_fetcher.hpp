// KeyFetcher: fetches the key sets of issuers by HTTP, several at once, on the thread that works
// it. libcurl's, which appears in its source alone. Threading: one thread, but for wake().
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "microframe/authx/jwks_source.hpp"

namespace microframe::keys {

class KeyFetcher {
 public:
  // What has become of a fetch.
  struct Answer {
    std::size_t id;
    std::string body;                             // of an answer with status 200
    std::string error;                            // why there is none; "" if there is
    std::optional<std::chrono::seconds> max_age;  // the answer's
  };

  KeyFetcher();
  // Drops what is under way.
  ~KeyFetcher();

  // Begins to fetch from the source's URL. The answer bears `id`.
  // Verified TLS or none, no redirects, no credentials, at most fetch_time() and the bytes of a key
  // set.
  void begin(std::size_t id, const authx::JwksSource& source);
  // Works until a fetch has ended, `at_most` has passed, or wake(). returns: those that have ended.
  std::vector<Answer> work(std::chrono::milliseconds at_most);
  // Ends work() soon. Any thread.
  void wake();

 private:
  struct Transfer;
  class Libcurl;
  std::unique_ptr<Libcurl> curl_;
  std::vector<std::unique_ptr<Transfer>> transfers_;
};

}  // namespace microframe::keys
