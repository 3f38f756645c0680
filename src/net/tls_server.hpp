// TlsServer: the TlsContext that new handshakes use, and its replacement while the server serves. A
// handshake or a connection that has begun keeps the one it began with. Any thread.
#pragma once

#include <memory>
#include <mutex>

#include "microframe/tls.hpp"

namespace microframe::net {

class TlsContext;
class TlsSession;

class TlsServer {
 public:
  // Reads the files. errors: ConfigError that says what is wrong with which.
  explicit TlsServer(TlsOptions options);
  ~TlsServer();

  // A session for a stream just accepted.
  std::unique_ptr<TlsSession> accept() const;
  // Reads the files again, for the handshakes from now on. Sessions of before can still be resumed.
  // errors: ConfigError, as above; the files of before then stay in use.
  void reload();

 private:
  std::shared_ptr<const TlsContext> current() const;

  const TlsOptions options_;
  std::mutex reloading_;      // one at a time
  mutable std::mutex mutex_;  // of context_
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace microframe::net
