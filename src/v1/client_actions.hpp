// ClientActions: what a ClientSession has its driver do, in order, until the driver takes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "v1/client_action.hpp"

namespace microframe::v1 {

class ClientActions {
 public:
  void add(ClientAction action) { actions_.push_back(std::move(action)); }
  // Tells whoever waits with `ticket` (0: nobody does) what has come of the wish. code: of the
  // error; "": it went well.
  void settle(std::uint64_t ticket, std::string_view code = {}, std::string_view message = {},
              Json reply = {}) {
    if (ticket != 0) add(Settle{ticket, std::string(code), std::string(message), std::move(reply)});
  }
  // The actions since the last call.
  std::vector<ClientAction> take() { return std::exchange(actions_, {}); }

 private:
  std::vector<ClientAction> actions_;
};

}  // namespace microframe::v1
