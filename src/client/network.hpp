// Network: the Surroundings of a real client: a loop, and Connections to one URL. Threading: made
// anywhere; then the loop's.
#pragma once

#include <functional>
#include <memory>

#include "client/connection.hpp"
#include "client/surroundings.hpp"
#include "client/thread.hpp"
#include "client/url.hpp"
#include "microframe/client/options.hpp"
#include "net/loop.hpp"
#include "net/tls_context.hpp"

namespace microframe::client {

class Network final : public Surroundings {
 public:
  // thread: must outlive this. tls: for a wss URL.
  Network(Thread& thread, Url url, const ClientOptions& options,
          std::shared_ptr<const net::TlsContext> tls);

  std::uint64_t now_ms() const override { return loop_.now_ms(); }
  base::TimerWheel& wheel() override { return loop_.wheel(); }
  void work(std::function<void()> job, std::function<void()> done) override;
  std::unique_ptr<Link> open(v1::OpenConnection wanted, Link::Events& events) override;

 private:
  net::Loop& loop_;
  Workers& workers_;
  const Url url_;
  const Connection::Options common_;  // of every connection: all but token and subprotocols
};

}  // namespace microframe::client
