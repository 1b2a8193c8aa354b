// Whether this machine's clock agrees with the gateway's.
#pragma once

#include <cstdint>
#include <string>

namespace icom::enrol {

/// Empty if they agree within a minute; otherwise by how much they differ, and what to do. Seconds
/// since 1970, UTC.
std::string clock_text(std::int64_t here, std::int64_t gateway);

}  // namespace icom::enrol
