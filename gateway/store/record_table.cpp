#include "gateway/store/record_table.hpp"

namespace icom::store {

namespace {

#define ICOM_RECORD_COLUMNS                                                               \
  "SELECT id, revision, patient_id, patient_name, first_epoch, first_time, first_sub, "   \
  "first_arrival, last_epoch, last_time, last_sub, last_arrival, next_epoch, next_time, " \
  "next_sub, next_arrival, frames, delivered_mu, kept, gaps, unlisted FROM record "

FramePlace place_at(const Query& query, int column) {
  return {query.integer(column), query.integer(column + 1), query.integer(column + 2),
          query.integer(column + 3)};
}

StoredRecord read(const Query& query) {
  StoredRecord stored;
  stored.id = query.integer(0);
  stored.revision = query.integer(1);
  records::Record& record = stored.record;
  // Rows of an older store may hold more.
  record.patient_id = records::record_patient_id(query.text(2));
  record.patient_name = records::cut_text(query.text(3));
  record.first = place_at(query, 4);
  record.last = place_at(query, 8);
  if (!query.is_null(12)) {
    record.next = place_at(query, 12);
  }
  record.frames = query.integer(16);
  record.delivered_mu = query.real(17);
  record.kept = query.integer(18) != 0;
  record.gaps = query.integer(19);
  record.interlocks_left_out = query.integer(20);
  return stored;
}

void write_beams(Database& database, std::int64_t id, const records::Record& record) {
  Query remove(database, "DELETE FROM beam WHERE record = ?");
  remove.bind(id);
  remove.run();
  std::int64_t number = 0;
  for (const records::Beam& beam : record.beams) {
    Query query(database,
                "INSERT INTO beam (record, number, field_id, first_time, last_time, frames, "
                "delivered_mu, first_later, last_later) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(id, ++number, as_bytes(beam.field_id), beam.first_time, beam.last_time, beam.frames,
               beam.delivered_mu, beam.first_epoch - record.first.epoch,
               beam.last_epoch - record.first.epoch);
    query.run();
  }
}

void write_interlocks(Database& database, std::int64_t id, const records::Record& record) {
  Query remove(database, "DELETE FROM interlock WHERE record = ?");
  remove.bind(id);
  remove.run();
  std::int64_t number = 0;
  for (const records::Interlock& interlock : record.interlocks) {
    Query query(database,
                "INSERT INTO interlock (record, number, text, first_time, last_time, frames, "
                "first_later, last_later) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(id, ++number, as_bytes(interlock.text), interlock.first_time, interlock.last_time,
               interlock.frames, interlock.first_epoch - record.first.epoch,
               interlock.last_epoch - record.first.epoch);
    query.run();
  }
}

// What follows from a closed record's frames and is not in its own row.
void write_parts(Database& database, std::int64_t id, const records::Record& record) {
  write_beams(database, id, record);
  write_interlocks(database, id, record);
}

// The parameters of insert_record and update_record, in their common order.
void write(Query& query, std::int64_t key, std::int64_t revision, const records::Record& record) {
  const auto next = [&](std::int64_t FramePlace::*member) {
    return record.next ? std::optional<std::int64_t>((*record.next).*member) : std::nullopt;
  };
  query.bind(revision, as_bytes(record.patient_id), as_bytes(record.patient_name),
             record.first.epoch, record.first.time, record.first.sub, record.first.arrival,
             record.last.epoch, record.last.time, record.last.sub, record.last.arrival,
             next(&FramePlace::epoch), next(&FramePlace::time), next(&FramePlace::sub),
             next(&FramePlace::arrival), record.frames, record.delivered_mu, record.kept,
             record.gaps, record.interlocks_left_out, record.complete(), key);
  query.run();
}

std::optional<StoredRecord> first_row(Query& query) {
  return query.step() ? std::optional(read(query)) : std::nullopt;
}

}  // namespace

std::int64_t insert_record(Database& database, std::int64_t linac, std::int64_t revision,
                           const records::Record& record) {
  Query query(database,
              "INSERT INTO record (revision, patient_id, patient_name, first_epoch, first_time, "
              "first_sub, first_arrival, last_epoch, last_time, last_sub, last_arrival, "
              "next_epoch, next_time, next_sub, next_arrival, frames, delivered_mu, kept, gaps, "
              "unlisted, complete, linac) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  write(query, linac, revision, record);
  const std::int64_t id = database.last_inserted_id();
  if (record.next) {
    write_parts(database, id, record);
  }
  return id;
}

void update_record(Database& database, std::int64_t id, std::int64_t revision,
                   const records::Record& record) {
  Query query(database,
              "UPDATE record SET revision = ?, patient_id = ?, patient_name = ?, "
              "first_epoch = ?, first_time = ?, first_sub = ?, first_arrival = ?, "
              "last_epoch = ?, last_time = ?, last_sub = ?, last_arrival = ?, next_epoch = ?, "
              "next_time = ?, next_sub = ?, next_arrival = ?, frames = ?, delivered_mu = ?, "
              "kept = ?, gaps = ?, unlisted = ?, complete = ? WHERE id = ?");
  write(query, id, revision, record);
  if (record.next) {
    write_parts(database, id, record);
  }
}

void empty_record(Database& database, std::int64_t id, std::int64_t revision) {
  Query query(database,
              "UPDATE record SET revision = ?, frames = 0, delivered_mu = 0, kept = 0, "
              "complete = 0 WHERE id = ?");
  query.bind(revision, id);
  query.run();
  write_parts(database, id, {});
}

std::optional<StoredRecord> load_record(Database& database, std::int64_t id) {
  Query query(database, ICOM_RECORD_COLUMNS "WHERE id = ? AND frames > 0");
  query.bind(id);
  return first_row(query);
}

std::optional<StoredRecord> load_open_record(Database& database, std::int64_t linac) {
  Query query(database, ICOM_RECORD_COLUMNS "WHERE linac = ? AND next_time IS NULL AND frames > 0");
  query.bind(linac);
  return first_row(query);
}

std::optional<StoredRecord> load_record_before(Database& database, std::int64_t linac,
                                               const FramePlace& place) {
  Query query(database, ICOM_RECORD_COLUMNS
              "WHERE linac = ? AND frames > 0 AND "
              "(first_epoch, first_time, first_sub, first_arrival) <= (?, ?, ?, ?) "
              "ORDER BY first_epoch DESC, first_time DESC, first_sub DESC, first_arrival DESC "
              "LIMIT 1");
  query.bind(linac, place.epoch, place.time, place.sub, place.arrival);
  return first_row(query);
}

std::optional<StoredRecord> load_record_from(Database& database, std::int64_t linac,
                                             const FramePlace& place) {
  Query query(database, ICOM_RECORD_COLUMNS
              "WHERE linac = ? AND frames > 0 AND "
              "(first_epoch, first_time, first_sub, first_arrival) >= (?, ?, ?, ?) "
              "ORDER BY first_epoch, first_time, first_sub, first_arrival LIMIT 1");
  query.bind(linac, place.epoch, place.time, place.sub, place.arrival);
  return first_row(query);
}

void visit_records_from(Database& database, std::int64_t linac, const FramePlace& from,
                        const std::function<bool(StoredRecord)>& visit) {
  Query query(database, ICOM_RECORD_COLUMNS
              "WHERE linac = ? AND frames > 0 AND "
              "(first_epoch, first_time, first_sub, first_arrival) >= (?, ?, ?, ?) "
              "ORDER BY first_epoch, first_time, first_sub, first_arrival");
  query.bind(linac, from.epoch, from.time, from.sub, from.arrival);
  while (query.step() && visit(read(query))) {
  }
}

std::vector<StoredRecord> load_records_between(Database& database, std::int64_t linac,
                                               const FramePlace& from,
                                               const std::optional<FramePlace>& end) {
  std::vector<StoredRecord> found;
  visit_records_from(database, linac, from, [&](StoredRecord stored) {
    if (end && stored.record.first >= *end) return false;
    found.push_back(std::move(stored));
    return true;
  });
  return found;
}

}  // namespace icom::store
