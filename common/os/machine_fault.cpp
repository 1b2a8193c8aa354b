#include "common/os/machine_fault.hpp"

#include <algorithm>
#include <array>

namespace icom::os {

bool is_machine_fault(std::error_code error) {
  constexpr std::array kFaults{std::errc::too_many_files_open,
                               std::errc::too_many_files_open_in_system,
                               std::errc::not_enough_memory,
                               std::errc::io_error,
                               std::errc::resource_unavailable_try_again,
                               std::errc::interrupted,
                               std::errc::timed_out,
                               std::errc::no_such_device,
                               std::errc::no_such_device_or_address};
  return std::ranges::any_of(kFaults, [error](std::errc fault) { return error == fault; });
}

}  // namespace icom::os
