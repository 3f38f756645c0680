// TlsServer: the TlsContext that new handshakes use, and its replacement while the server serves. A
// handshake or a connection that has begun keeps the context that it began with. Any thread.
#pragma once

#include <memory>

#include "base/mutex.hpp"
#include "microframe/tls.hpp"

namespace microframe::net {

class TlsContext;
class TlsSession;

class TlsServer {
 public:
  // Reads the files.
  // errors: ConfigError that says what is wrong with which file.
  explicit TlsServer(TlsOptions options);
  ~TlsServer();

  // A session for a stream just accepted.
  std::unique_ptr<TlsSession> accept() const;
  // Reads the files again, for the handshakes from now on. Earlier sessions can still be resumed.
  // errors: as the constructor; what was read before then stays in use.
  void reload();

 private:
  std::shared_ptr<const TlsContext> current() const;

  const TlsOptions options_;
  base::Mutex reloading_;  // held while the files are read: one reload at a time
  mutable base::Mutex mutex_;
  std::shared_ptr<const TlsContext> context_ MICROFRAME_GUARDED_BY(mutex_);
};

}  // namespace microframe::net
