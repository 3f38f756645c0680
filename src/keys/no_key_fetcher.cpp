// In place of key_fetcher.cpp, where the library is built without libcurl.
#include "keys/key_fetcher.hpp"
#include "microframe/config_error.hpp"

namespace microframe::keys {

std::unique_ptr<Fetcher> make_key_fetcher() {
  throw ConfigError(
      "AuthConfig::jwks: this microframe was built without it: build it with "
      "-DMICROFRAME_JWKS=ON");
}

}  // namespace microframe::keys
