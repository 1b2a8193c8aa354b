// One Linac's frames on their way into the tables: order, duplicates, gaps, tail, positions, audit,
// records. docs/storage.md, "The store". The writer's thread owns every LinacLog.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/store/begun_epoch.hpp"
#include "gateway/store/chunk_builder.hpp"
#include "gateway/store/clock_estimate.hpp"
#include "gateway/store/counter_round.hpp"
#include "gateway/store/equal_frames.hpp"
#include "gateway/store/event_log.hpp"
#include "gateway/store/gap_table.hpp"
#include "gateway/store/head.hpp"
#include "gateway/store/key_lookup.hpp"
#include "gateway/store/ledger_tally.hpp"
#include "gateway/store/linac_counter.hpp"
#include "gateway/store/linac_zone.hpp"
#include "gateway/store/lines.hpp"
#include "gateway/store/machine_id.hpp"
#include "gateway/store/placement.hpp"
#include "gateway/store/position_table.hpp"
#include "gateway/store/record_keeper.hpp"
#include "gateway/store/store.hpp"
#include "gateway/store/unread_frames.hpp"

namespace icom::store {

/// What a commit may do beside storing its entries; what is left of it, of all Linacs together.
struct CommitBudget {
  std::int64_t frames_to_build = std::numeric_limits<std::int64_t>::max();
  std::int64_t bytes_to_merge = std::numeric_limits<std::int64_t>::max();
};

/// What is remembered of a Linac between transactions, some tens of kilobytes, read back from the
/// tables when it is first needed. Everything is done inside the writer's transaction; after a
/// rollback the object no longer agrees with the tables and must be thrown away.
class LinacLog {
 public:
  /// Reads back the open end; what is damaged there is set aside and logged. Throws SqlError.
  /// `limits` outlives this.
  LinacLog(Database& database, ZstdCodec& zstd, LinacId linac, const EventLimits& limits,
           RebuildPace pace = {}, RebuildPace::Clock clock = std::chrono::steady_clock::now);

  /// The zone that the Linac's clock is set to, by the settings of now; without it what the tables
  /// have goes on.
  void set_zone(const std::string& name) { zone_.set(name); }

  /// Takes one entry, in the order of its run. Returns the identity, counted by what the Linac
  /// counts by, of a frame that was not stored before.
  std::optional<FrameIdentity> take(const IncomingEntry& entry);

  /// Bytes that were taken so far in the codes that stand for them: what is compressed and written,
  /// a row of many runs' positions as what takes as long.
  [[nodiscard]] std::int64_t coded() const { return coded_others_ + open_.coded() + late_.coded(); }

  /// Brings the tables up to what was taken; call once before the commit. Merges late chunks and
  /// reads frames to build records again, as the budget and the pace allow, and takes what that
  /// took off the budget. Appends the ids of the records that were closed or changed after being
  /// closed.
  void flush(std::vector<std::int64_t>& changed_records, CommitBudget& budget);

  /// After flush(): records are to be built again when there is time. Until then they do not say
  /// of some late frames, which are stored.
  [[nodiscard]] bool is_unsettled() const { return records_.is_unsettled(); }
  /// Builds a piece of them, in a transaction; otherwise as flush().
  void settle(std::vector<std::int64_t>& changed_records) {
    records_.settle(database_, zstd_, changed_records);
  }
  /// Frames that were read to build records again.
  [[nodiscard]] std::int64_t frames_built_again() const { return records_.frames_built_again(); }

  /// What was read to find out whether frames are stored.
  [[nodiscard]] const KeyLookup::Work& lookup_work() const { return lookup_.work(); }
  /// Frames that were read since they came again and were new ones after all.
  [[nodiscard]] std::int64_t frames_read_again() const { return frames_read_again_; }

 private:
  struct StoredFrame {
    FrameKey key;
    ByteVector bytes;
  };
  void go_back_before_damage();
  std::optional<FrameIdentity> take_frame(const IncomingEntry& entry);
  bool take_counted(const IncomingEntry& entry, Lines::Run& run);
  void learn_counter(Bytes frame, Lines::Run& run);
  [[nodiscard]] Continuity between(const GapEdge& from, const GapEdge& to) const;
  void store_frame(const IncomingEntry& entry, const Placement& placement, Lines::Run& run);
  void measure_clock(const IncomingEntry& entry);
  void take_duplicate(const IncomingEntry& entry, const FrameKey& stored, Lines::Run& run);
  void take_event(const IncomingEntry& entry);
  std::vector<StoredFrame> read_again(std::span<const EqualFrames::Frame> frames);
  void begin_epoch_with_equals(const IncomingEntry& entry, Placement& placement, Lines::Run& run);
  void append_frame(const IncomingEntry& entry, const Placement& placement, Lines::Run& run);
  void insert_frame(const IncomingEntry& entry, const Placement& placement, Lines::Run& run);
  void add_late(const FrameKey& key, Bytes frame);
  void add_at_end(const FrameKey& key, const IncomingEntry& entry, bool incomplete_before);
  FrameKey next_key(const IncomingEntry& entry, const Placement& placement);
  Gap gap_before(const FrameKey& key, const Continuity& between) const;
  void split_gap(const Gap& gap, const FrameKey& key);
  void record_gap(GapEdge from, GapEdge to, const Gap& origin);
  [[nodiscard]] StoredFrames stored_frames();
  std::optional<BegunEpoch> begun_epoch();
  std::vector<StoredFrame> frames_of(const BegunEpoch& begun);
  std::optional<GapEdge> where_begun_epoch_would_lead();
  bool put_back_replay(Lines::Run& run);
  void remove_epoch(const BegunEpoch& begun);
  FrameKey put_before(const GapEdge& until, const std::optional<Gap>& gap,
                      const std::vector<StoredFrame>& frames);
  FrameKey put_beside(const FrameKey& other, const StoredFrame& frame);
  void gap_ends_at(const FrameKey& key, const std::optional<Gap>& gap);
  void seal_late();
  void merge_late_chunks(std::int64_t& most_bytes);

  Database& database_;
  ZstdCodec& zstd_;
  LinacId linac_;
  Head head_;
  bool head_changed_ = false;
  std::optional<GapEdge> replay_until_;  // of the current epoch; see BegunEpoch
  std::int64_t frames_read_again_ = 0;
  std::int64_t coded_others_ = 0;  // entries that are no frames
  ChunkBuilder open_;              // the end of the order
  ChunkBuilder late_;  // frames that fall into gaps; never left over after a transaction
  std::vector<std::int64_t> late_chunks_;  // made in this transaction
  KeyLookup lookup_;
  Lines lines_;
  LinacCounter counter_;
  CounterRound round_;
  PositionTable positions_;
  LedgerTally ledger_;
  EventLog events_;
  UnreadFrames unread_;
  MachineId machine_;
  LinacZone zone_;
  ClockEstimate clock_;
  RecordKeeper records_;
};

}  // namespace icom::store
