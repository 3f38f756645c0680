#include "cluster/turns.hpp"

#include <utility>

namespace microframe::cluster {

std::function<void()> Turns::guarded(std::function<void()> task) const {
  return [gate = gate_, task = std::move(task)] {
    const base::Lock lock(gate->mutex);
    if (!gate->closed) task();
  };
}

void Turns::post(std::function<void()> task) {
  timeline_.post(guarded(std::move(task)));
}

void Turns::after(std::chrono::milliseconds delay, std::function<void()> task) {
  timeline_.after(delay, guarded(std::move(task)));
}

void Turns::close() {
  const base::Lock lock(gate_->mutex);
  gate_->closed = true;
}

}  // namespace microframe::cluster
