// The history of a Linac's clock as rows. docs/storage.md, "Clocks".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "gateway/store/clock_estimate.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// Of a Linac the newest so many are kept: the number of the first one says how many were dropped.
inline constexpr std::int64_t kMostClockEntries = 10'000;

std::optional<ClockEntry> load_newest_clock(Database& database, std::int64_t linac);
/// A new one, or another state of the newest.
void save_clock(Database& database, std::int64_t linac, const ClockEntry& entry);
/// Hands out those that are kept, the newest last.
void visit_clocks(Database& database, std::int64_t linac,
                  const std::function<void(const ClockEntry&)>& visit);

}  // namespace icom::store
