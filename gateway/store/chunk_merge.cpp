#include "gateway/store/chunk_merge.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/store/chunk_builder.hpp"
#include "gateway/store/chunk_limits.hpp"
#include "gateway/store/frame_unpacker.hpp"

namespace icom::store {

namespace {

/// Chunks looked at in search of a neighbour: an hour has 57 full ones.
constexpr std::int64_t kMostLookedAt = 256;

/// A chunk's row without its frames.
struct Extent {
  std::int64_t id = 0;
  std::int64_t linac = 0;
  std::int64_t epoch = 0;
  std::int64_t first_time = 0;
  std::int64_t last_time = 0;
  std::int64_t frames = 0;
  std::int64_t raw_bytes = 0;

  [[nodiscard]] bool fits_with(const Extent& other) const {
    return frames + other.frames <= static_cast<std::int64_t>(kMaxChunkFrames) &&
           raw_bytes + other.raw_bytes <= static_cast<std::int64_t>(kFullChunkBytes) &&
           std::max(last_time, other.last_time) - std::min(first_time, other.first_time) <=
               kMaxChunkSeconds;
  }
  /// Seconds between the two; 0 where they overlap.
  [[nodiscard]] std::int64_t distance(const Extent& other) const {
    return std::max<std::int64_t>({0, first_time - other.last_time, other.first_time - last_time});
  }
};

#define ICOM_CHUNK_EXTENT \
  "SELECT id, linac, epoch, first_time, last_time, frames, raw_bytes FROM chunk "

Extent read(const Query& query) {
  return {query.integer(0), query.integer(1), query.integer(2), query.integer(3),
          query.integer(4), query.integer(5), query.integer(6)};
}

std::optional<Extent> find_neighbour(Database& database, const Extent& own) {
  Query query(database, ICOM_CHUNK_EXTENT
              "WHERE linac = ? AND epoch = ? AND first_time BETWEEN ? AND ? AND id <> ? "
              "AND frames <= ? ORDER BY first_time DESC LIMIT ?");
  query.bind(own.linac, own.epoch, own.last_time - kMaxChunkSeconds,
             own.first_time + kMaxChunkSeconds, own.id,
             static_cast<std::int64_t>(kMaxChunkFrames) - own.frames, kMostLookedAt);
  std::optional<Extent> nearest;
  while (query.step()) {
    const Extent other = read(query);
    if (own.fits_with(other) && (!nearest || own.distance(other) < own.distance(*nearest))) {
      nearest = other;
    }
  }
  return nearest;
}

struct Frames {
  std::vector<FrameKey> keys;
  std::vector<ByteVector> bytes;
};

void append_frames(Database& database, ZstdCodec& zstd, const Extent& chunk, Frames& to) {
  Query query(database, "SELECT keys, data FROM chunk WHERE id = ?");
  query.bind(chunk.id);
  if (!query.step()) {
    throw CorruptData("a chunk is gone");
  }
  const std::size_t first = to.keys.size();
  ByteVector plain;
  zstd.decompress(query.blob(0), plain);
  decode_keys(plain, chunk.epoch, to.keys);
  FrameUnpacker unpacker;
  unpacker.open(query.blob(1), zstd);
  for (std::size_t i = first; i < to.keys.size(); ++i) {
    const Bytes frame = unpacker.next(to.keys[i]);
    to.bytes.emplace_back(frame.begin(), frame.end());
  }
}

ChunkBuilder built_of(const Frames& frames, std::int64_t linac) {
  std::vector<std::size_t> order(frames.keys.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return frames.keys[a].place < frames.keys[b].place;
  });
  ChunkBuilder builder(linac);
  for (const std::size_t i : order) {
    if (!builder.accepts(frames.keys[i].place)) {
      throw CorruptData("two chunks do not make one");
    }
    builder.add(frames.keys[i], frames.bytes[i]);
  }
  return builder;
}

}  // namespace

std::optional<MergedChunks> merge_chunk(Database& database, ZstdCodec& zstd, std::int64_t chunk) {
  std::optional<Extent> own;
  {
    Query query(database, ICOM_CHUNK_EXTENT "WHERE id = ?");
    query.bind(chunk);
    if (query.step()) {
      own = read(query);
    }
  }
  const auto other = own ? find_neighbour(database, *own) : std::nullopt;
  if (!other) {
    return std::nullopt;
  }
  std::optional<ChunkBuilder> builder;
  try {
    Frames frames;
    append_frames(database, zstd, *other, frames);
    append_frames(database, zstd, *own, frames);
    builder.emplace(built_of(frames, own->linac));
  } catch (const CorruptData&) {
    return std::nullopt;  // what is whole must not hang on what is damaged
  }
  builder->seal_into(database, zstd, other->id);
  Query remove(database, "DELETE FROM chunk WHERE id = ?");
  remove.bind(own->id);
  remove.run();
  return MergedChunks{.into = other->id, .gone = own->id};
}

}  // namespace icom::store
