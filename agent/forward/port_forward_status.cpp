#include "agent/forward/port_forward_status.hpp"

namespace icom::forward {

std::string_view name_of(PortForwardState state) {
  switch (state) {
    case PortForwardState::waiting:
      return "waiting";
    case PortForwardState::opening:
      return "opening";
    case PortForwardState::up:
      return "up";
    case PortForwardState::refused:
      return "refused";
  }
  return "unknown";
}

}  // namespace icom::forward
