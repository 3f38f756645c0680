#include "client/thread.hpp"

#include <openssl/crypto.h>

namespace microframe::client {
namespace {

// A client may be static, and speaks until it is destroyed, which may be after the functions of
// atexit() have run. OpenSSL must not clean up before that. Only the first to start OpenSSL has a
// say in it: hence before main() already.
int keep_openssl() {
  return OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
}
[[maybe_unused]] const int kept_openssl = keep_openssl();

}  // namespace

Thread::Thread()
    : loop_((keep_openssl(), std::make_shared<net::Loop>())),
      workers_(std::make_unique<Workers>(*loop_)),
      thread_([loop = loop_] { loop->run(); }) {}

Thread::~Thread() {
  workers_.reset();
  loop_->stop();
  if (loop_->is_current()) {
    thread_.detach();  // the thread itself holds the loop
  } else {
    thread_.join();
  }
}

std::shared_ptr<const net::TlsContext> Thread::tls(const net::TlsTrust& trust) {
  const std::lock_guard lock(mutex_);
  auto& context = contexts_[{trust.ca_file, trust.insecure}];
  if (!context) context = net::TlsContext::client(trust);
  return context;
}

}  // namespace microframe::client
