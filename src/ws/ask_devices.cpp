#include "ws/ask_devices.hpp"

#include <cstddef>
#include <utility>

namespace microframe::ws {

void ask_devices(const std::vector<base::Ref<hub::Member>>& devices, const Json& message,
                 std::chrono::milliseconds timeout, Gather<Ack>::All all) {
  if (devices.empty()) {
    Gather<Ack>::Answers none;
    return all(none);
  }
  auto places = Gather<Ack>::begin(devices.size(), std::move(all));
  for (std::size_t i = 0; i < devices.size(); ++i) {
    devices[i]->ask(message, timeout, [place = std::move(places[i])](Ack&& answer) {
      place->come(std::move(answer));
    });
  }
}

}  // namespace microframe::ws
