// How large a chunk may be. The first two are promises to what reads the store: docs/storage.md,
// "Chunks".
#pragma once

#include <cstddef>
#include <cstdint>

namespace icom::store {

inline constexpr std::size_t kMaxChunkFrames = 256;
/// Whoever looks for a time needs to look at chunks that begin at most this much earlier.
inline constexpr std::int64_t kMaxChunkSeconds = 3600;
/// A chunk holds no more than this, or one frame: coding it is what others wait for, and 256 frames
/// of the usual size fit in. Stores of before have chunks of 8 MiB and one frame.
inline constexpr std::size_t kFullChunkBytes = std::size_t{2} << 20U;
/// A chunk that holds this much in codes is closed: what waits in the tail is compressed twice.
inline constexpr std::size_t kFullChunkCodes = std::size_t{1} << 20U;
/// Chunks that take more than this together on the disk are not merged: coding them takes longer
/// than the bytes of their frames say.
inline constexpr std::size_t kMostMergedData = std::size_t{128} << 10U;
/// No run of codes is longer: a chunk of an older store, hardly longer as codes than as frames.
inline constexpr std::size_t kMaxCodeBytes = std::size_t{32} << 20U;

}  // namespace icom::store
