#include "gateway/store/store_reader.hpp"

#include <limits>
#include <stdexcept>

#include "gateway/store/clock_table.hpp"
#include "gateway/store/frame_scan.hpp"
#include "gateway/store/schema.hpp"
#include "gateway/store/store_files.hpp"

namespace icom::store {

namespace {

std::filesystem::path existing_database(const std::filesystem::path& folder) {
  std::filesystem::path file = database_file(folder);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    throw std::runtime_error(
        "there is no store in " + folder.string() +
        (error ? ": " + error.message()
               : ": icom-gateway serve makes it when it first starts; if there was one, mount its "
                 "disk"));
  }
  return file;
}

}  // namespace

StoreReader::StoreReader(const std::filesystem::path& folder)
    : database_(existing_database(folder), Database::Access::read_only) {
  check_schema(database_);
}

std::vector<LinacRow> StoreReader::linacs() {
  Query query(database_, "SELECT id, site, serial FROM linac ORDER BY site, serial");
  std::vector<LinacRow> rows;
  while (query.step()) {
    rows.push_back({query.integer(0), query.text(1), query.text(2)});
  }
  return rows;
}

std::vector<RecordRow> StoreReader::records(const RecordFilter& filter) {
  std::optional<std::string> patient_id;
  if (filter.patient_id) {
    patient_id = records::record_patient_id(*filter.patient_id);
  }
  const Transaction snapshot(database_, Transaction::Kind::read);
  std::vector<RecordRow> rows;
  for (const LinacRow& linac : linacs()) {
    if ((filter.site && *filter.site != linac.site) ||
        (filter.serial && *filter.serial != linac.serial)) {
      continue;
    }
    visit_records_from(database_, linac.id, FramePlace{}, [&](StoredRecord stored) {
      const records::Record& record = stored.record;
      if ((filter.with_undelivered || record.kept) &&
          (!patient_id || *patient_id == record.patient_id) &&
          (!filter.since || record.first.time >= *filter.since) &&
          (!filter.until || record.first.time < *filter.until)) {
        rows.push_back({linac, std::move(stored)});
      }
      return true;
    });
  }
  return rows;
}

std::optional<RecordRow> StoreReader::record(std::int64_t id) {
  const Transaction snapshot(database_, Transaction::Kind::read);
  auto stored = load_record(database_, id);
  if (!stored) {
    return std::nullopt;
  }
  Query query(database_,
              "SELECT linac.id, site, serial FROM linac JOIN record ON linac.id = record.linac "
              "WHERE record.id = ?");
  query.bind(id);
  query.step();
  return RecordRow{{query.integer(0), query.text(1), query.text(2)}, std::move(*stored)};
}

std::vector<ClosedRecord> StoreReader::closed_records(std::int64_t after, std::size_t most) {
  Query query(database_,
              "SELECT id, linac, revision, kept FROM record "
              "WHERE id > ? AND (next_time IS NOT NULL OR frames = 0) ORDER BY id LIMIT ?");
  query.bind(after, static_cast<std::int64_t>(most));
  std::vector<ClosedRecord> rows;
  while (query.step()) {
    rows.push_back({query.integer(0), query.integer(1), query.integer(2), query.integer(3) != 0});
  }
  return rows;
}

std::int64_t StoreReader::patient_ids_with(const std::string& text) {
  Query query(database_,
              "SELECT count(DISTINCT patient_id) FROM record WHERE kept = 1 "
              "AND instr(patient_id, ?) > 0");
  query.bind(as_bytes(text));
  return query.step() ? query.integer(0) : 0;
}

std::vector<records::Beam> StoreReader::beams(std::int64_t record) {
  Query query(database_,
              "SELECT field_id, beam.first_time, beam.last_time, beam.frames, beam.delivered_mu, "
              "first_epoch + first_later, first_epoch + last_later FROM beam JOIN record "
              "ON record.id = beam.record WHERE record.id = ? ORDER BY number");
  query.bind(record);
  std::vector<records::Beam> rows;
  while (query.step()) {
    rows.push_back({query.text(0), query.integer(1), query.integer(2), query.integer(3),
                    query.real(4), query.integer(5), query.integer(6)});
  }
  return rows;
}

std::vector<records::Interlock> StoreReader::interlocks(std::int64_t record) {
  Query query(database_,
              "SELECT text, interlock.first_time, interlock.last_time, interlock.frames, "
              "first_epoch + first_later, first_epoch + last_later FROM interlock JOIN record "
              "ON record.id = interlock.record WHERE record.id = ? ORDER BY number");
  query.bind(record);
  std::vector<records::Interlock> rows;
  while (query.step()) {
    rows.push_back({query.text(0), query.integer(1), query.integer(2), query.integer(3),
                    query.integer(4), query.integer(5)});
  }
  return rows;
}

std::vector<LedgerRow> StoreReader::ledger(const std::optional<std::string>& serial,
                                           const std::optional<std::int64_t>& since) {
  constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::min();
  const Transaction snapshot(database_, Transaction::Kind::read);
  std::vector<LedgerRow> rows;
  for (const LinacRow& linac : linacs()) {
    if (serial && *serial != linac.serial) {
      continue;
    }
    LedgerRow row;
    row.linac = linac;
    Query counts(database_,
                 "SELECT sum(received), sum(stored), sum(duplicates), sum(conflicts), "
                 "sum(stored_bytes), sum(junk_runs), sum(junk_bytes), sum(junk_dropped_runs), "
                 "sum(junk_dropped_bytes), sum(events_dropped) FROM ledger "
                 "WHERE linac = ? AND hour >= ?");
    counts.bind(linac.id, since ? ledger_hour(*since) : kAlways);
    if (counts.step()) {
      row.counts = {counts.integer(0), counts.integer(1), counts.integer(2), counts.integer(3),
                    counts.integer(4), counts.integer(5), counts.integer(6), counts.integer(7),
                    counts.integer(8), counts.integer(9)};
    }
    Query gaps(database_,
               "SELECT count(*), sum(missing), sum(missing_estimate) FROM gap "
               "WHERE linac = ? AND to_time >= ?");
    gaps.bind(linac.id, since.value_or(kAlways));
    if (gaps.step()) {
      row.gaps = gaps.integer(0);
      row.missing = gaps.integer(1);
      row.missing_estimate = gaps.integer(2);
    }
    Query holes(database_, "SELECT bytes FROM event WHERE linac = ? AND kind = 5");
    holes.bind(linac.id);
    while (holes.step()) {
      row.given_up.add(decode_hole(holes.blob(0)));
    }
    row.machine = load_machine(database_, linac.id);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<OddMachine> StoreReader::odd_machines() {
  const Transaction snapshot(database_, Transaction::Kind::read);
  std::vector<OddMachine> odd;
  for (const LinacRow& linac : linacs()) {
    const MachineRow row = load_machine(database_, linac.id);
    if (row.other) {
      odd.push_back({linac, machine_problem(row, linac_of_machine(database_, row, *row.other))});
    }
  }
  return odd;
}

std::vector<Gap> StoreReader::gaps(std::int64_t linac) {
  return load_gaps(database_, linac);
}

std::vector<Gap> StoreReader::gaps_of(const RecordRow& row) {
  const records::Record& record = row.stored.record;
  return load_gaps_between(database_, row.linac.id, record.first,
                           record.next.value_or(record.last));
}

ZonePlaces StoreReader::zone_places(std::int64_t linac, const FramePlace& place) {
  const Transaction snapshot(database_, Transaction::Kind::read);
  return load_zone_places(database_, linac, place);
}

void StoreReader::clocks(std::int64_t linac, const std::function<void(const ClockEntry&)>& visit) {
  visit_clocks(database_, linac, visit);
}

void StoreReader::junk(std::int64_t linac, const std::function<void(const JunkRun&)>& visit) {
  const Transaction snapshot(database_, Transaction::Kind::read);
  Query rows(database_,
             "SELECT run, seq, received_us, bytes FROM event WHERE linac = ? AND kind = 2 "
             "ORDER BY id");
  rows.bind(linac);
  ByteVector plain;
  while (rows.step()) {
    const auto run = static_cast<std::uint64_t>(rows.integer(0));
    if (run == 0) {
      zstd_.decompress(rows.blob(3), plain);
      unpack_junk(plain, visit);
    } else {
      visit({run, static_cast<std::uint64_t>(rows.integer(1)), rows.integer(2), rows.blob(3)});
    }
  }
}

void StoreReader::frames(std::int64_t linac, const FramePlace& from, const FramePlace& to,
                         const Visitor& visit) {
  FramePlace next = from;
  for (bool more = true; more;) {
    const Piece piece = read_piece(linac, next, to);
    for (const auto& [key, frame] : piece.frames) {
      if (!visit(key, frame)) {
        return;
      }
    }
    if (piece.damage) {
      throw CorruptData(*piece.damage);
    }
    more = piece.is_cut;
    if (more) next = just_after(piece.frames.back().first.place);
  }
}

void StoreReader::all_frames(std::int64_t linac, const Visitor& visit) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const StoredFrames stored = stored_frames(linac);
  std::int64_t read = 0;
  bool ended = false;
  frames(linac, FramePlace{}, FramePlace{kMost, kMost, kMost, kMost},
         [&](const FrameKey& key, Bytes frame) {
           if (key.place.arrival > stored.arrivals) return true;  // came since
           ended = !visit(key, frame);
           ++read;
           return !ended;
         });
  if (!ended && read != stored.left) {
    throw CorruptData("of " + std::to_string(stored.left) + " stored frames of Linac number " +
                      std::to_string(linac) + ", " + std::to_string(read) + " were found");
  }
}

std::optional<std::int64_t> StoreReader::received_us(std::int64_t linac, const FramePlace& from,
                                                     const FramePlace& to) {
  std::optional<std::int64_t> received;
  frames(linac, from, to, [&](const FrameKey& key, Bytes) {
    received = key.received_us;
    return false;
  });
  return received;
}

StoreReader::Piece StoreReader::read_piece(std::int64_t linac, const FramePlace& from,
                                           const FramePlace& to) {
  constexpr std::size_t kMostFrames = 256;
  constexpr std::size_t kMostBytes = std::size_t{4} << 20U;
  const Transaction snapshot(database_, Transaction::Kind::read);
  Piece piece;
  std::size_t bytes = 0;
  try {
    FrameScan scan(database_, zstd_, linac, from, to);
    while (!piece.is_cut && scan.next()) {
      const Bytes frame = scan.frame();
      bytes += frame.size();
      piece.frames.emplace_back(scan.key(), ByteVector(frame.begin(), frame.end()));
      piece.is_cut = piece.frames.size() == kMostFrames || bytes >= kMostBytes;
    }
  } catch (const CorruptData& damage) {
    piece.damage = damage.what();
  }
  return piece;
}

StoreReader::StoredFrames StoreReader::stored_frames(std::int64_t linac) {
  const Transaction snapshot(database_, Transaction::Kind::read);
  Query query(database_,
              "SELECT arrivals, arrivals - "
              "(SELECT coalesce(sum(frames), 0) FROM damaged_tail WHERE linac = ?1) "
              "FROM head WHERE linac = ?1");
  query.bind(linac);
  if (!query.step()) {
    return {};
  }
  return {query.integer(0), query.integer(1)};
}

}  // namespace icom::store
