// What comes down a Linac's stream beside frames: junk, connects, disconnects, holes.
// docs/storage.md, "Junk".
#pragma once

#include <cstdint>
#include <optional>

#include "common/log/rate_limit.hpp"
#include "gateway/store/event_limits.hpp"
#include "gateway/store/head.hpp"
#include "gateway/store/junk_pack.hpp"
#include "gateway/store/ledger_tally.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/store.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// One Linac's, inside the writer's transaction; lives and dies with its LinacLog. What is beyond
/// the limits is counted in the ledger and has no row; frames that were given up are never left
/// out of the sums. Not thread-safe.
class EventLog {
 public:
  /// `limits` outlives this; its functions are set.
  EventLog(std::int64_t linac, const EventLimits& limits);

  /// `head`: where the Linac's order ends when the entry comes.
  void add(Database& database, ZstdCodec& zstd, LedgerTally& ledger, const IncomingEntry& entry,
           const Head& head);
  /// Brings the tables up to what was added; before the ledger's own.
  void flush(Database& database, ZstdCodec& zstd, LedgerTally& ledger);

 private:
  struct Tally {
    std::int64_t junk_bytes = 0;
    std::int64_t day = 0;
    std::int64_t day_junk_bytes = 0;
    std::int64_t day_rows = 0;
  };
  Tally& tally(Database& database);
  void add_junk(Database& database, ZstdCodec& zstd, LedgerTally& ledger,
                const IncomingEntry& entry, const Head& head);
  void write_junk(Database& database, ZstdCodec& zstd, LedgerTally& ledger);
  [[nodiscard]] bool may_take(const Tally& tally, std::int64_t bytes) const;
  void drop_junk(Database& database, LedgerCounts& counts, std::int64_t runs, std::int64_t bytes);
  void insert_row(Database& database, const IncomingEntry& entry, Bytes bytes, const Head& head);
  bool add_to_last_hole(Database& database, const IncomingEntry& entry);

  const std::int64_t linac_;
  const EventLimits& limits_;
  std::optional<Tally> tally_;
  bool tally_changed_ = false;
  JunkPack junk_;
  std::int64_t junk_received_us_ = 0;  // of the last in it, as what follows
  std::optional<std::int64_t> junk_epoch_;
  std::optional<std::int64_t> junk_time_;
  log::RateLimit complaints_;
};

}  // namespace icom::store
