// Has a frame been stored before? docs/storage.md, "Duplicates".
#pragma once

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

  /// Appends the keys of every chunked frame of this time and counter, of any epoch.
  void find(Database& database, ZstdCodec& zstd, std::int64_t time, std::uint8_t counter,
            std::vector<FrameKey>& found);
  /// The chunked frame that is last in the order and whose chunk's key list can be read.
  [[nodiscard]] std::optional<FrameKey> last(Database& database, ZstdCodec& zstd) const;
  /// True if the lists kept already show this very frame; false means nothing.
  [[nodiscard]] bool remembers(const FrameIdentity& identity) const;
  /// The chunk has other frames now, or is gone.
  void forget(std::int64_t chunk);

 private:
  struct Kept {
    std::int64_t chunk = 0;
    std::uint64_t used = 0;
    std::vector<FrameKey> keys;
  };
  static constexpr std::size_t kMostKept = 4;
  Kept& place_for(std::int64_t chunk);

  std::int64_t linac_;
  std::uint64_t uses_ = 0;
  std::vector<Kept> kept_;
};

}  // namespace icom::store
