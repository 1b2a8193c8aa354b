// Ports for what a test starts later, or stops and starts again.
#pragma once

#include <cstdint>

namespace icom {

/// A port of 127.0.0.1 on which nobody listens, for this test alone until its process ends. Throws
/// std::runtime_error when none is free.
[[nodiscard]] std::uint16_t free_port();

}  // namespace icom
