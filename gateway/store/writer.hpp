// Applies batches to the database, a group of them in one transaction. Runs on the store's thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/log/rate_limit.hpp"
#include "common/log/repeated_line.hpp"
#include "gateway/store/batch_queue.hpp"
#include "gateway/store/linac_log.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/store.hpp"
#include "gateway/store/store_place.hpp"
#include "gateway/store/wal_mover.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// Not thread-safe. After a failed commit everything remembered of the Linacs concerned is thrown
/// away and read again from the database.
class Writer {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// Opens the database and brings its schema up to date. `queue` outlives this. Throws SqlError,
  /// std::runtime_error.
  Writer(const std::filesystem::path& database, BatchQueue& queue, StoreObserver* observer,
         Clock clock, EventLimits limits, RebuildPace rebuild);

  /// One transaction with what is queued: batches take turns, each for some milliseconds, until the
  /// transaction has taken its time or its bytes. What is left of a batch then waits for its next
  /// turn. If the transaction fails, each batch's part of it is tried on its own, so that a batch
  /// that cannot be stored stops no other Linac, nor any but its own chain. Calls done() of each
  /// batch that is stored to its end, or failed. Never throws.
  void commit();

  /// Answers all that is queued with done(false). Never throws.
  void give_up();

  /// Finds or makes the Linac's row. Throws SqlError.
  LinacId register_linac(const std::string& site, const std::string& serial);

  /// What the clocks of the site's Linacs are set to, from their next frames on. Never throws.
  void set_timezone(const std::string& site, const std::string& zone) noexcept;

  /// For quiet moments: builds a piece of the records that late frames left to be built, and moves
  /// the WAL into the database file. True if more is left of the former, and was possible. Never
  /// throws.
  bool idle();

  /// Before the end: as idle() until nothing is left, or for half a second; what is left then is
  /// built after the next start. A store that is not in its place keeps all files as they are.
  /// Never throws.
  void finish();

  /// For after a commit, when its batches are answered: a gateway whose Linacs send has no quiet
  /// moments. Builds a piece, as far as a tenth of the time allows, for which what comes meanwhile
  /// waits; and has the WAL moved beside the commits that follow. Never throws.
  void keep_up();

  // From any thread:

  [[nodiscard]] PlaceFinding look_at_place() const { return place_->look(); }
  /// Where there is another store in the place of this one, and ending loses nothing: why. Empty
  /// otherwise.
  [[nodiscard]] std::string why_to_end() const;

 private:
  struct NewFrame {
    LinacId linac;
    const IncomingEntry* entry;
    FrameIdentity identity;
  };
  bool is_in_place() noexcept;
  void say_place(const PlaceFinding& finding);
  void make_whole() noexcept;
  void set_wal_aside() noexcept;
  bool try_commit(const std::function<void()>& apply_all);
  void take_turns();
  bool take_turn(QueuedBatch& first);
  void take_entries(QueuedBatch& queued, LinacLog& log, std::size_t end);
  void flush();
  bool settle();
  void checkpoint() noexcept;
  void charge(LinacId linac, std::chrono::steady_clock::duration time);
  void say_if_slow(std::chrono::steady_clock::duration took) noexcept;
  void retry_each();
  void answer(QueuedBatch& queued, bool stored);
  void fail(QueuedBatch& queued);
  LinacLog& log_of(LinacId linac);
  LinacLog& log_of_touched(LinacId linac);
  void publish(bool is_in_place) noexcept;
  void tell_observer();
  void warn(const char* doing, const char* what) noexcept;

  Database database_;
  ZstdCodec zstd_;
  BatchQueue& queue_;
  StoreObserver* observer_;
  Clock clock_;
  RebuildPace rebuild_;
  EventLimits limits_;
  std::unordered_map<LinacId, std::unique_ptr<LinacLog>> logs_;
  std::map<std::string, std::string> zones_;  // by site
  // Of the transaction under way:
  std::vector<QueuedBatch*> in_transaction_;            // in the order of their first turns
  std::vector<std::unique_ptr<QueuedBatch>> finished_;  // those of them that have left the queue
  std::size_t bytes_ = 0;
  std::vector<LinacId> touched_;
  std::vector<NewFrame> new_frames_;
  std::vector<std::int64_t> changed_records_;
  std::set<LinacId> unsettled_;  // see LinacLog::is_unsettled()
  LinacId built_last_ = 0;       // whose records were built again last, so that each has a turn
  std::int64_t may_build_ = 0;   // so many frames may the transaction read again
  std::int64_t coded_ = 0;       // of the transaction, see LinacLog::coded()
  std::chrono::steady_clock::time_point settled_at_;  // the last piece
  std::chrono::steady_clock::duration settle_took_{};
  std::chrono::steady_clock::time_point checkpointed_at_;  // or nothing had to be moved
  bool checkpoint_due_ = false;
  std::unordered_map<LinacId, std::chrono::steady_clock::duration> spent_;  // of the commit
  log::RateLimit warnings_;
  log::RateLimit slow_commits_;
  std::optional<StorePlace> place_;  // always, once the database is open
  log::RepeatedLine place_lines_;
  bool was_in_place_ = true;  // as of the last look
  bool is_whole_ = false;     // the database file has it all, since it is not in its place
  std::atomic<bool> may_end_ = false;
  WalMover mover_;
};

}  // namespace icom::store
