// Reading a store, also from another process while the gateway writes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/clock_estimate.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/gap_table.hpp"
#include "gateway/store/junk_pack.hpp"
#include "gateway/store/ledger_tally.hpp"
#include "gateway/store/linac_zone.hpp"
#include "gateway/store/machine_id.hpp"
#include "gateway/store/record_table.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

struct LinacRow {
  std::int64_t id = 0;
  std::string site;
  std::string serial;
};

struct RecordRow {
  LinacRow linac;
  StoredRecord stored;
};

/// Which rows to list; what is absent does not restrict. Times are seconds of the Linac's clock.
struct RecordFilter {
  std::optional<std::string> site = std::nullopt;
  std::optional<std::string> serial = std::nullopt;
  /// As the Linac sent it, byte for byte, or as a record has it.
  std::optional<std::string> patient_id = std::nullopt;
  std::optional<std::int64_t> since = std::nullopt;  ///< begins at or after
  std::optional<std::int64_t> until = std::nullopt;  ///< begins before
  bool with_undelivered = false;                     ///< also those without delivered MU
};

struct ClosedRecord {
  std::int64_t id = 0;
  std::int64_t linac = 0;
  std::int64_t revision = 0;
  bool kept = false;
};

struct LedgerRow {
  LinacRow linac;
  LedgerCounts counts;
  std::int64_t gaps = 0;
  std::int64_t missing = 0;           ///< frames, where the counter tells for certain
  std::int64_t missing_estimate = 0;  ///< frames, with the gaps where it may have wrapped
  GivenUp given_up;                   ///< by agents, as they told, since ever
  MachineRow machine;                 ///< likewise of all times
};

/// A Linac whose frames have shown another machine ID than before, or another Linac's.
struct OddMachine {
  LinacRow linac;
  std::string problem;  ///< what to tell an operator, after the Linac's name
};

/// One connection, read-only. Not thread-safe. Everything throws SqlError when the database cannot
/// be read.
class StoreReader {
 public:
  /// Throws std::runtime_error if there is no store in the folder, or its schema is not ours.
  explicit StoreReader(const std::filesystem::path& folder);

  std::vector<LinacRow> linacs();
  /// By site, serial and beginning.
  std::vector<RecordRow> records(const RecordFilter& filter);
  std::optional<RecordRow> record(std::int64_t id);
  /// Of all Linacs: what an archive has to be in step with, by number, beginning behind `after`.
  /// Also those whose frames went to other records, as not kept.
  std::vector<ClosedRecord> closed_records(std::int64_t after, std::size_t most);
  /// How many different Patient IDs hold this text, of records with delivered MU.
  std::int64_t patient_ids_with(const std::string& text);
  std::vector<records::Beam> beams(std::int64_t record);
  std::vector<records::Interlock> interlocks(std::int64_t record);
  /// `since` is rounded down to the hour of the Linac's clock for counts; gaps count from where
  /// they end.
  std::vector<LedgerRow> ledger(const std::optional<std::string>& serial,
                                const std::optional<std::int64_t>& since);
  /// Until somebody has said which ID is right.
  std::vector<OddMachine> odd_machines();
  /// In order.
  std::vector<Gap> gaps(std::int64_t linac);
  /// What makes the record incomplete.
  std::vector<Gap> gaps_of(const RecordRow& row);

  /// What a Linac's clock stood for at this place.
  ZonePlaces zone_places(std::int64_t linac, const FramePlace& place);
  /// How far its clock was ahead, the newest last; as many as are kept.
  void clocks(std::int64_t linac, const std::function<void(const ClockEntry&)>& visit);

  /// What is kept of the bytes that were no frames, in the order in which they came. Throws
  /// CorruptData.
  void junk(std::int64_t linac, const std::function<void(const JunkRun&)>& visit);

  /// Hands out a Linac's frames in order, both ends included, until `visit` returns false. The
  /// bytes live during the call. Reads some hundred at a time, each time the store as it is then: a
  /// visitor may take its time, and neither the store's log nor a writer waits for it. What is
  /// stored meanwhile is handed out if it lies behind what has been. Throws CorruptData, after what
  /// could be read before.
  using Visitor = std::function<bool(const FrameKey& key, Bytes frame)>;
  void frames(std::int64_t linac, const FramePlace& from, const FramePlace& to,
              const Visitor& visit);
  /// The same of all frames that were stored when it was called. Throws CorruptData, after the last
  /// one, if there are not as many as were stored: a damaged index hides rows without SQLite
  /// noticing.
  void all_frames(std::int64_t linac, const Visitor& visit);
  /// When the agent got the first frame from one place to another, both included, in microseconds
  /// since 1970. nullopt if none is there. Throws CorruptData.
  std::optional<std::int64_t> received_us(std::int64_t linac, const FramePlace& from,
                                          const FramePlace& to);

 private:
  struct Piece {
    std::vector<std::pair<FrameKey, ByteVector>> frames;
    bool is_cut = false;                ///< there may be more
    std::optional<std::string> damage;  ///< what comes next cannot be read
  };
  Piece read_piece(std::int64_t linac, const FramePlace& from, const FramePlace& to);

  struct StoredFrames {
    std::int64_t arrivals = 0;  ///< the last one's number
    std::int64_t left = 0;      ///< but for what was set aside since
  };
  /// Of a Linac.
  StoredFrames stored_frames(std::int64_t linac);

  Database database_;
  ZstdCodec zstd_;
};

}  // namespace icom::store
