// Puts small chunks of late frames together. docs/storage.md, "Chunks".
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/store/sqlite.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// What came of merge_chunk(): `into` holds the frames of both, `gone` is no row any more, and its
/// id may be given again.
struct MergedChunks {
  std::int64_t into = 0;
  std::int64_t gone = 0;
};

/// Looks for another chunk of the same Linac and epoch with which this one makes a chunk within the
/// limits, the nearest in time, and puts the two together. Nothing if there is none, or if either
/// cannot be read back: then all stays as it is. Costs the coding of one chunk at most. Belongs
/// inside the writer's transaction. Throws SqlError.
std::optional<MergedChunks> merge_chunk(Database& database, ZstdCodec& zstd, std::int64_t chunk);

}  // namespace icom::store
