#include "common/os/process_host.hpp"

namespace icom::os {

std::string ProcessEnd::text() const {
  return signal != 0 ? "signal " + std::to_string(signal)
                     : "exit code " + std::to_string(exit_code);
}

}  // namespace icom::os
