// Whether the hosting site's sshd can be reached at all, and if not, where the way ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace icom::enrol {

struct Reach {
  bool reached = false;
  std::string text;  ///< how it is, or what is wrong and what to do
};

/// Looks the name up, connects, and waits for an SSH server's first line; each for this long at
/// most. Blocks.
Reach try_to_reach(const std::string& host, std::uint16_t port,
                   std::chrono::milliseconds patience = std::chrono::seconds(10));

}  // namespace icom::enrol
