// `icom-gateway sites`
#pragma once

#include <cstdint>
#include <iosfwd>

#include "gateway/cli/sources.hpp"

namespace icom::cli {

/// Each site that has a file, by name: its Linacs, and when it is or was connected. Nothing of the
/// store is opened. `now_us`: microseconds since 1970, UTC. Throws std::runtime_error, naming the
/// file, where what the gateway has noted cannot be read.
void list_sites(const Sources& sources, std::int64_t now_us, bool json, std::ostream& out);

}  // namespace icom::cli
