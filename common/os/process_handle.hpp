// Another process of this machine, told apart from a later one that gets its number.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "common/os/handle.hpp"

namespace icom::os {

/// While it is held, what is asked and sent is of this process, also once that has ended. Where the
/// kernel gives no handle (before Linux 5.3, in a container that forbids it, with too many files
/// open) it is whichever process has the number.
class ProcessHandle {
 public:
  /// Nothing if there is no such process. A number that was learnt earlier may be another's by now:
  /// whether it is the one that is meant is to be found out while it is held.
  static std::optional<ProcessHandle> of(std::int64_t process);

  /// Where it has ended: std::errc::no_such_process.
  std::error_code send(int signal) const;
  /// Waits for its end; false if it goes on.
  [[nodiscard]] bool ends_within(std::chrono::milliseconds limit) const;

 private:
  ProcessHandle(std::int64_t number, FileHandle handle)
      : number_(number), handle_(std::move(handle)) {}

  std::int64_t number_;
  FileHandle handle_;  ///< not valid: the kernel gave none
};

}  // namespace icom::os
