// KeyFetcher: fetches the key sets of issuers by HTTP, several at once, on the thread that calls
// work(). It is built on libcurl, which only its source knows.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "keys/fetcher.hpp"

namespace microframe::keys {

class KeyFetcher final : public Fetcher {
 public:
  KeyFetcher();
  ~KeyFetcher() override;

  // Verified TLS or no TLS, no redirects, no credentials, at most fetch_time() and the bytes of a
  // key set.
  void begin(std::size_t id, const authx::JwksSource& source) override;
  std::vector<Answer> work(std::chrono::milliseconds at_most) override;
  void wake() override;

 private:
  struct Transfer;
  class Libcurl;
  std::unique_ptr<Libcurl> curl_;
  std::vector<std::unique_ptr<Transfer>> transfers_;
};

// returns: a KeyFetcher.
// errors:  ConfigError if the library was built without libcurl.
std::unique_ptr<Fetcher> make_key_fetcher();

}  // namespace microframe::keys
