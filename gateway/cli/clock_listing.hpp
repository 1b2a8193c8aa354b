// icom-gateway clocks
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "gateway/cli/sources.hpp"

namespace icom::cli {

/// Of which Linacs; what is absent does not restrict.
struct ClockFilter {
  std::optional<std::string> site = std::nullopt;
  std::optional<std::string> serial = std::nullopt;
};

/// How far each Linac's clock was ahead of the clock of the machine that receives its frames, since
/// when, by site, serial and time, the newest last. Throws std::runtime_error if the store cannot
/// be read.
void list_clocks(const Sources& sources, const ClockFilter& filter, bool json, std::ostream& out);

}  // namespace icom::cli
