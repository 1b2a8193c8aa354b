// Records as rows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "gateway/records/record_builder.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

struct StoredRecord {
  std::int64_t id = 0;
  std::int64_t revision = 0;  ///< 0 while open, 1 when closed, +1 for each change after that
  records::Record record;     ///< without its beams and interlocks
};

/// Returns the new row's id. Beams and interlocks are written once the record is closed.
std::int64_t insert_record(Database& database, std::int64_t linac, std::int64_t revision,
                           const records::Record& record);
void update_record(Database& database, std::int64_t id, std::int64_t revision,
                   const records::Record& record);
/// Its frames went to other records: it is listed no more, its id is not used again.
void empty_record(Database& database, std::int64_t id, std::int64_t revision);

std::optional<StoredRecord> load_record(Database& database, std::int64_t id);
/// The record that has not ended yet, if there is one.
std::optional<StoredRecord> load_open_record(Database& database, std::int64_t linac);
/// The last record that begins at or before this place.
std::optional<StoredRecord> load_record_before(Database& database, std::int64_t linac,
                                               const FramePlace& place);
/// The first that begins at or after this place.
std::optional<StoredRecord> load_record_from(Database& database, std::int64_t linac,
                                             const FramePlace& place);
/// Hands out those that begin at or after this place, in order and one at a time, until `visit`
/// returns false: of one Linac there may be millions.
void visit_records_from(Database& database, std::int64_t linac, const FramePlace& from,
                        const std::function<bool(StoredRecord)>& visit);
/// Those that begin from `from` on and before `end` (nullopt: no end), in order.
std::vector<StoredRecord> load_records_between(Database& database, std::int64_t linac,
                                               const FramePlace& from,
                                               const std::optional<FramePlace>& end);

}  // namespace icom::store
