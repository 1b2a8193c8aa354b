// How large a chunk may be. The first two are promises to what reads the store: docs/storage.md,
// "Chunks".
#pragma once

#include <cstddef>
#include <cstdint>

namespace icom::store {

inline constexpr std::size_t kMaxChunkFrames = 256;
/// Whoever looks for a time needs to look at chunks that begin at most this much earlier.
inline constexpr std::int64_t kMaxChunkSeconds = 3600;
/// A chunk is closed when it holds this much, so that frames of a megabyte do not make chunks of
/// hundreds.
inline constexpr std::size_t kFullChunkBytes = std::size_t{8} << 20U;
/// No run of codes is longer: a full chunk, and one frame of the largest size on top, hardly longer
/// as codes than as frames.
inline constexpr std::size_t kMaxCodeBytes = std::size_t{32} << 20U;

}  // namespace icom::store
