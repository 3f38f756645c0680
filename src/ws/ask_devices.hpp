// A message that several devices of this node must acknowledge.
#pragma once

#include <chrono>
#include <vector>

#include "base/ref.hpp"
#include "hub/member.hpp"
#include "microframe/json.hpp"
#include "microframe/ws/ack.hpp"
#include "ws/gather.hpp"

namespace microframe::ws {

// timeout: of each device.
// all: as Gather has it, in the order of the devices; without memory to ask one, it has no answer.
// errors: std::bad_alloc; `all` may have been called by then.
void ask_devices(const std::vector<base::Ref<hub::Member>>& devices, const Json& message,
                 std::chrono::milliseconds timeout, Gather<Ack>::All all);

}  // namespace microframe::ws
