// Applies batches to the database, a group of them in one transaction. Runs on the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/log/rate_limit.hpp"
#include "gateway/store/linac_log.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/store.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// Not thread-safe. After a failed commit everything remembered of the Linacs concerned is thrown
/// away and read again from the database.
class Writer {
 public:
  /// Told after each commit how far the runs of a Linac are stored, before the batches' done().
  using Positions = std::function<void(LinacId, const std::map<std::uint64_t, std::uint64_t>&)>;

  /// Opens the database and brings its schema up to date. Throws SqlError, std::runtime_error.
  Writer(const std::filesystem::path& database, StoreObserver* observer, Positions positions);

  /// Commits the batches together; if that fails, each on its own, so that a batch that cannot be
  /// stored stops no other Linac, nor any but its own chain. Calls each batch's done(). Never
  /// throws.
  void commit(std::vector<IncomingBatch>& batches);

  /// Finds or makes the Linac's row. Throws SqlError.
  LinacId register_linac(const std::string& site, const std::string& serial);

  /// For quiet moments: moves the WAL into the database file. Never throws.
  void idle();

 private:
  struct NewFrame {
    LinacId linac;
    const IncomingEntry* entry;
  };
  void fail(const IncomingBatch& batch);
  bool try_commit(std::span<IncomingBatch> batches);
  void apply(std::span<IncomingBatch> batches);
  LinacLog& log_of(LinacId linac);
  void publish(std::span<IncomingBatch> batches) noexcept;
  void tell_observer();
  void warn(const char* doing, const char* what) noexcept;

  Database database_;
  ZstdCodec zstd_;
  StoreObserver* observer_;
  Positions positions_;
  std::unordered_map<LinacId, std::unique_ptr<LinacLog>> logs_;
  std::vector<LinacId> touched_;  // by the transaction under way
  std::vector<NewFrame> new_frames_;
  std::vector<std::int64_t> changed_records_;
  bool checkpoint_due_ = false;
  log::RateLimit warnings_;
};

}  // namespace icom::store
