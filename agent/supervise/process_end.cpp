#include "agent/supervise/process_host.hpp"

namespace icom::supervise {

std::string ProcessEnd::text() const {
  return signal != 0 ? "signal " + std::to_string(signal)
                     : "exit code " + std::to_string(exit_code);
}

}  // namespace icom::supervise
