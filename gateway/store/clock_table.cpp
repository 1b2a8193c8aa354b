#include "gateway/store/clock_table.hpp"

namespace icom::store {

namespace {

#define ICOM_CLOCK_COLUMNS "SELECT time, received_us, ahead_us, zone, utc_offset FROM clock "

ClockEntry read_clock(const Query& query) {
  return {
      .number = query.integer(0),
      .since_us = query.integer(1),
      .ahead_us = query.integer(2),
      .zone = {query.text(3), query.is_null(4) ? std::nullopt : std::optional(query.integer(4))}};
}

}  // namespace

std::optional<ClockEntry> load_newest_clock(Database& database, std::int64_t linac) {
  Query query(database,
              ICOM_CLOCK_COLUMNS "WHERE linac = ? AND epoch = -1 ORDER BY time DESC LIMIT 1");
  query.bind(linac);
  return query.step() ? std::optional(read_clock(query)) : std::nullopt;
}

void save_clock(Database& database, std::int64_t linac, const ClockEntry& entry) {
  Query save(database,
             "INSERT INTO clock (linac, epoch, time, sub, arrival, received_us, ahead_us, zone, "
             "utc_offset) VALUES (?, -1, ?, 0, 0, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
             "received_us = excluded.received_us, ahead_us = excluded.ahead_us, "
             "zone = excluded.zone, utc_offset = excluded.utc_offset");
  save.bind(linac, entry.number, entry.since_us, entry.ahead_us, entry.zone.name,
            entry.zone.utc_offset);
  save.run();
  if (entry.number <= kMostClockEntries) {
    return;
  }
  Query drop(database, "DELETE FROM clock WHERE linac = ? AND epoch = -1 AND time <= ?");
  drop.bind(linac, entry.number - kMostClockEntries);
  drop.run();
}

void visit_clocks(Database& database, std::int64_t linac,
                  const std::function<void(const ClockEntry&)>& visit) {
  Query query(database, ICOM_CLOCK_COLUMNS "WHERE linac = ? AND epoch = -1 ORDER BY time");
  query.bind(linac);
  while (query.step()) {
    visit(read_clock(query));
  }
}

}  // namespace icom::store
