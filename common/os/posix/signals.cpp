#include "common/os/signals.hpp"

#include <csignal>

namespace icom::os {

std::optional<int> reload_signal() {
  return SIGHUP;
}

std::optional<int> replace_signal() {
  return SIGUSR2;
}

std::optional<int> leave_signal() {
  return SIGUSR1;
}

}  // namespace icom::os
