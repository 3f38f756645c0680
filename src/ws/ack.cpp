#include "microframe/ws/ack.hpp"

namespace microframe::ws {

std::string_view to_string(AckStatus status) {
  switch (status) {
    case AckStatus::acknowledged:
      return "acknowledged";
    case AckStatus::failed:
      return "failed";
    case AckStatus::timed_out:
      return "timed_out";
    case AckStatus::disconnected:
      return "disconnected";
    case AckStatus::not_supported:
      return "not_supported";
  }
  return "";
}

}  // namespace microframe::ws
