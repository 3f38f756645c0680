#include "microframe/detail/scheduler.hpp"

namespace microframe::detail {
namespace {
thread_local Scheduler* current_scheduler = nullptr;
}

Scheduler* Scheduler::current() {
  return current_scheduler;
}
void Scheduler::set_current(Scheduler* scheduler) {
  current_scheduler = scheduler;
}

}  // namespace microframe::detail
