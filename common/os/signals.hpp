// Signals by which something is asked of a program that runs, beside SIGTERM and SIGINT, which
// every system has.
#pragma once

#include <optional>

namespace icom::os {

// The number; nullopt where this system has no such signal.

/// Read the settings again.
std::optional<int> reload_signal();
/// Have new programs take over from those that run.
std::optional<int> replace_signal();
/// End, and leave what was started to the next one.
std::optional<int> leave_signal();

}  // namespace icom::os
