// Puts small chunks of late frames together. docs/storage.md, "Chunks".
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "gateway/store/sqlite.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// What came of merge_chunk(): `into`, a new one, holds the frames of both of `gone`, which are no
/// rows any more.
struct MergedChunks {
  std::int64_t into = 0;
  std::array<std::int64_t, 2> gone{};
  std::int64_t bytes = 0;  ///< of their frames
};

/// Looks for another chunk of the same Linac and epoch with which this one makes a chunk within the
/// limits, and of at most `most_bytes` of frames, the nearest in time, and puts the two together.
/// Nothing if there is none, or if either cannot be read back: then all stays as it is. Costs the
/// coding of these bytes. Belongs inside the writer's transaction. Throws SqlError.
std::optional<MergedChunks> merge_chunk(Database& database, ZstdCodec& zstd, std::int64_t chunk,
                                        std::int64_t most_bytes);

}  // namespace icom::store
