#include "client/thread.hpp"

namespace microframe::client {

Thread::Thread() : loop_(std::make_shared<net::Loop>()), thread_([loop = loop_] { loop->run(); }) {}

Thread::~Thread() {
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
