// Thread: a loop and its thread, for clients that are no part of a server, and what these clients
// share. Threading: any. The destructor ends the loop and waits for its end, except on the loop's
// own thread, which then ends by itself.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "client/workers.hpp"
#include "net/loop.hpp"
#include "net/tls_context.hpp"

namespace microframe::client {

class Thread {
 public:
  Thread();
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  net::Loop& loop() { return *loop_; }
  // Whose jobs the destructor does not wait for.
  Workers& workers() { return *workers_; }
  // One context for all clients with the same trust, because the system's authorities are read from
  // many files.
  // errors: ConfigError.
  std::shared_ptr<const net::TlsContext> tls(const net::TlsTrust& trust);

 private:
  const std::shared_ptr<net::Loop> loop_;
  std::unique_ptr<Workers> workers_;
  std::mutex mutex_;
  std::map<std::pair<std::string, bool>, std::shared_ptr<const net::TlsContext>> contexts_;
  std::thread thread_;
};

}  // namespace microframe::client
