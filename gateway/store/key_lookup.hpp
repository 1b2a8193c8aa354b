// Has a frame been stored before? docs/storage.md, "Keys".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/store/frame_key.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// Looks into the key lists of one Linac's chunks, whatever their age. Keeps the few lists it used
/// last, so that a replay of many frames reads each list once. Not thread-safe. What is kept stays
/// true until a rollback, or until forget() is told that the chunk changed.
class KeyLookup {
 public:
  explicit KeyLookup(std::int64_t linac) : linac_(linac) {}

  /// Appends the keys of every chunked frame of this time and counter, or time and hash, of any
  /// epoch. Where more chunks reach over this time than a Linac makes, those are looked at which
  /// the newest epochs have next to it, `epoch` being the current one, and then of others what the
  /// bounds allow.
  void find(Database& database, ZstdCodec& zstd, const FrameIdentity& frame, std::int64_t epoch,
            std::vector<FrameKey>& found);

  /// Key lists that one find() reads, at most.
  static constexpr std::size_t kMostLists = 32;
  /// Rows that one find() looks at to choose them: of all chunks, or of each of the newest epochs.
  static constexpr std::int64_t kMostRows = 512;
  static constexpr std::int64_t kMostRowsPerEpoch = 32;
  static constexpr std::int64_t kNewestEpochs = 16;

  /// What all calls of find() have read.
  struct Work {
    std::int64_t rows = 0;
    std::int64_t lists = 0;
  };
  [[nodiscard]] const Work& work() const { return work_; }

  /// The chunked frame that is last in the order and whose chunk's key list can be read.
  [[nodiscard]] std::optional<FrameKey> last(Database& database, ZstdCodec& zstd) const;
  /// The keys of a chunk that is last in the order, or nearly so. May be none.
  [[nodiscard]] std::vector<FrameKey> latest(Database& database, ZstdCodec& zstd) const;
  /// This very frame, where the lists kept already show it; nullopt means nothing.
  [[nodiscard]] std::optional<FrameKey> remembers(const FrameIdentity& identity) const;
  /// The chunk has other frames now, or is gone.
  void forget(std::int64_t chunk);

 private:
  struct Kept {
    std::int64_t chunk = 0;
    std::uint64_t used = 0;
    std::vector<FrameKey> keys;
  };
  static constexpr std::size_t kMostKept = 4;
  std::vector<std::int64_t> chunks_at(Database& database, std::int64_t time, std::int64_t epoch);
  const Kept& keys_of(Database& database, ZstdCodec& zstd, std::int64_t chunk);
  Kept& place_for(std::int64_t chunk);

  std::int64_t linac_;
  Work work_;
  std::uint64_t uses_ = 0;
  std::vector<Kept> kept_;
};

}  // namespace icom::store
