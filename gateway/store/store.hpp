// Where frames are kept for good. docs/storage.md, "The store".
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/stream_entry.hpp"
#include "common/icom/values.hpp"
#include "gateway/store/event_limits.hpp"
#include "gateway/store/rebuild_pace.hpp"
#include "gateway/store/stored_position.hpp"

namespace icom::store {

using LinacId = std::int64_t;

/// One entry on its way into the store. Views and spans borrow from IncomingBatch::arena.
struct IncomingEntry {
  EntryKind kind = EntryKind::frame;
  std::uint64_t run = 0;
  std::uint64_t seq = 0;
  std::int64_t received_us = 0;
  Bytes bytes;
  /// Frames only; worked out by the ingest side, off the writer's thread, but for the counter,
  /// which is taken from where the Linac has shown to count.
  FrameIdentity identity;
  FrameFacts facts;  ///< frames only; likewise
};

/// Ties batches of one Linac together that rely on one another: once one of them is answered with
/// done(false), so is every one after it, and a stored position never covers what was not stored.
/// Only the store looks into it, on its writer's thread.
struct BatchChain {
  bool broken = false;
};

/// Entries of one Linac in the order of its spool.
struct IncomingBatch {
  LinacId linac = 0;
  std::shared_ptr<BatchChain> chain;  ///< null: a batch that relies on none that is under way
  std::vector<IncomingEntry> entries;
  ByteVector arena;
  /// Called once, on the writer's thread: with true after the batch is committed durably to its
  /// end, with false if it could not be; the agent then sends what is beyond stored_position()
  /// again later. (Of a batch that is committed in several transactions a part may be stored, and
  /// then the position covers just that part.) Must not block, must not throw.
  std::function<void(bool stored)> done;
};

/// Called by the writer's thread, after a commit, with what became durable. Implementations must
/// not block.
class StoreObserver {
 public:
  virtual ~StoreObserver() = default;
  /// A new frame of a Linac (never a duplicate), its counter as the Linac has shown to count.
  /// `bytes` only during the call.
  virtual void frame_stored(LinacId linac, const FrameIdentity& identity, Bytes bytes) = 0;
  /// A record was closed, or an already closed one was changed by late frames.
  virtual void record_changed(std::int64_t record) = 0;
};

/// The writing side. All public functions are thread-safe. One per store folder, enforced by a
/// lock.
class Store {
 public:
  struct Options {
    std::size_t max_queued_bytes = 64U << 20U;  ///< of batches submitted and not yet committed
    EventLimits events = {};
    /// What the turns of sites and Linacs are measured with; tests put their own here. Called on
    /// the writer's thread. Empty: the machine's.
    std::function<std::chrono::steady_clock::time_point()> clock = {};
    RebuildPace rebuild = {};
    /// Without a batch for so long, the writer does what was put off.
    std::chrono::milliseconds idle_after{500};
  };
  /// Opens or makes the store, brings its schema up to date, starts the writer's thread. Throws
  /// std::runtime_error with what and where.
  Store(const std::filesystem::path& folder, const Options& options, StoreObserver* observer);
  /// Commits what was submitted, for a second at most: what is left then is answered with
  /// done(false). Seals nothing early, stops the thread.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  LinacId linac(const std::string& site, const std::string& serial);  ///< registers it if new
  /// The zone that the clocks of the site's Linacs are set to, such as Australia/Sydney: counts
  /// from their next frames on. What is stored keeps the one of its time. Waits for nothing.
  void set_timezone(const std::string& site, const std::string& zone);
  /// For each of `runs`, the last position that is stored durably: what is committed before the
  /// call is in it. Holds up no commit. Throws StoreAway (store_place.hpp).
  std::vector<StoredPosition> stored_positions(LinacId linac, std::span<const std::uint64_t> runs);
  StoredPosition stored_position(LinacId linac, std::uint64_t run) {
    return stored_positions(linac, {&run, 1}).front();
  }

  /// False if the queue is full: nothing was taken; try again after some batch is done. Batches of
  /// one Linac are applied in the order in which they were submitted. Entries at or below the run's
  /// stored position are left out without being counted. Several batches of a Linac may be under
  /// way if one chain ties them; after done(false) begin again, with a new chain, after
  /// stored_position().
  bool submit(IncomingBatch&& batch);

  /// What its path names is what it has open, as far as can be told. Otherwise every batch is
  /// answered with done(false).
  [[nodiscard]] bool is_in_place() const;
  /// Another store has its place, or its WAL is gone, and the database file is whole: why this one
  /// is to be opened anew. Empty otherwise.
  [[nodiscard]] std::string why_to_end() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icom::store
