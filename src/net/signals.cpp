#include "net/signals.hpp"

#include <uv.h>

#include <new>
#include <utility>

#include "net/handle.hpp"
#include "net/loop.hpp"

namespace microframe::net {

struct Signals::Watch {
  uv_signal_t uv;
  Signals* signals;
  void (*release)(Watch*);
};

Signals::Signals(Loop& loop, const std::vector<int>& numbers, std::function<void(int)> told)
    : told_(std::move(told)) {
  for (const int number : numbers) watches_.push_back(watch(loop, number));
}

Signals::~Signals() {
  for (Watch* watch : watches_) {
    watch->signals = nullptr;
    close_handle<Watch>(watch, [](Watch* closed) { delete closed; });
  }
}

Signals::Watch* Signals::watch(Loop& loop, int number) {
  auto* watch = new Watch{{}, this, nullptr};
  uv_signal_init(loop.handle(), &watch->uv);
  watch->uv.data = watch;
  uv_signal_start(
      &watch->uv,
      [](uv_signal_t* uv, int signal) {
        auto* signals = static_cast<Watch*>(uv->data)->signals;
        try {
          if (signals) signals->told_(signal);
        } catch (const std::bad_alloc&) {
          // No exception crosses libuv. The next signal may find memory.
        }
      },
      number);
  return watch;
}

}  // namespace microframe::net
