// One Linac's frames on their way into the tables: order, duplicates, gaps, tail, positions, audit,
// records. docs/storage.md, "The store". The writer's thread owns every LinacLog.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "gateway/store/chunk_builder.hpp"
#include "gateway/store/gap_table.hpp"
#include "gateway/store/head.hpp"
#include "gateway/store/key_lookup.hpp"
#include "gateway/store/ledger_tally.hpp"
#include "gateway/store/placement.hpp"
#include "gateway/store/position_table.hpp"
#include "gateway/store/record_keeper.hpp"
#include "gateway/store/store.hpp"

namespace icom::store {

/// What is remembered of a Linac between transactions, some tens of kilobytes, read back from the
/// tables when it is first needed. Everything is done inside the writer's transaction; after a
/// rollback the object no longer agrees with the tables and must be thrown away.
class LinacLog {
 public:
  /// Reads back the open end; what is damaged there is set aside and logged. Throws SqlError.
  LinacLog(Database& database, ZstdCodec& zstd, LinacId linac);

  /// Takes one entry, in the order of its run. True if it is a frame that was not stored before.
  bool take(const IncomingEntry& entry);

  /// Brings the tables up to what was taken; call once before the commit. Appends the ids of the
  /// records that were closed or changed after being closed.
  void flush(std::vector<std::int64_t>& changed_records);

  /// The run positions taken since the last call, for whoever answers stored_position(). Call after
  /// the commit.
  std::map<std::uint64_t, std::uint64_t> take_new_positions() { return positions_.take_changes(); }

 private:
  void go_back_before_damage();
  bool take_frame(const IncomingEntry& entry);
  void take_event(const IncomingEntry& entry);
  void append_frame(const IncomingEntry& entry, const Placement& placement);
  void insert_frame(const IncomingEntry& entry, const Placement& placement);
  void add_at_end(const FrameKey& key, const IncomingEntry& entry, bool incomplete_before);
  FrameKey next_key(const IncomingEntry& entry, const Placement& placement);
  Gap gap_before(const FrameKey& key, const Continuity& between) const;
  void split_gap(const Gap& gap, const FrameKey& key);
  void record_gap(GapEdge from, GapEdge to, const Gap& origin);
  void seal_late();
  void merge_late_chunks();

  Database& database_;
  ZstdCodec& zstd_;
  LinacId linac_;
  Head head_;
  bool head_changed_ = false;
  ChunkBuilder open_;  // the end of the order
  ChunkBuilder late_;  // frames that fall into gaps; never left over after a transaction
  std::vector<std::int64_t> late_chunks_;  // made in this transaction
  KeyLookup lookup_;
  RunsAtHead at_head_;
  PositionTable positions_;
  LedgerTally ledger_;
  RecordKeeper records_;
};

}  // namespace icom::store
