#include "gateway/store/chunk_merge.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/store/chunk_builder.hpp"
#include "gateway/store/chunk_limits.hpp"
#include "gateway/store/frame_unpacker.hpp"

namespace icom::store {

namespace {

/// Chunks looked at in search of a neighbour, full ones too: an hour has 57 of these.
constexpr std::int64_t kMostChunksLookedAt = 256;

/// A chunk's row without its frames.
struct Extent {
  std::int64_t id = 0;
  std::int64_t linac = 0;
  std::int64_t epoch = 0;
  std::int64_t first_time = 0;
  std::int64_t last_time = 0;
  std::int64_t frames = 0;
  std::int64_t raw_bytes = 0;
  std::int64_t data = 0;  // bytes on the disk

  [[nodiscard]] bool fits_with(const Extent& other, std::int64_t most_bytes) const {
    return frames + other.frames <= static_cast<std::int64_t>(kMaxChunkFrames) &&
           raw_bytes + other.raw_bytes <=
               std::min(most_bytes, static_cast<std::int64_t>(kFullChunkBytes)) &&
           data + other.data <= static_cast<std::int64_t>(kMostMergedData) &&
           std::max(last_time, other.last_time) - std::min(first_time, other.first_time) <=
               kMaxChunkSeconds;
  }
  /// Seconds between the two; 0 where they overlap.
  [[nodiscard]] std::int64_t distance(const Extent& other) const {
    return std::max<std::int64_t>({0, first_time - other.last_time, other.first_time - last_time});
  }
};

#define ICOM_CHUNK_EXTENT \
  "SELECT id, linac, epoch, first_time, last_time, frames, raw_bytes, length(data) FROM chunk "

Extent read_extent(const Query& query) {
  return {query.integer(0), query.integer(1), query.integer(2), query.integer(3),
          query.integer(4), query.integer(5), query.integer(6), query.integer(7)};
}

std::optional<Extent> find_neighbour(Database& database, const Extent& own,
                                     std::int64_t most_bytes) {
  Query query(database, ICOM_CHUNK_EXTENT
              "WHERE linac = ? AND epoch = ? AND first_time BETWEEN ? AND ? AND id <> ? "
              "ORDER BY first_time DESC LIMIT ?");
  query.bind(own.linac, own.epoch, own.last_time - kMaxChunkSeconds,
             own.first_time + kMaxChunkSeconds, own.id, kMostChunksLookedAt);
  std::optional<Extent> nearest;
  while (query.step()) {
    const Extent other = read_extent(query);
    if (own.fits_with(other, most_bytes) &&
        (!nearest || own.distance(other) < own.distance(*nearest))) {
      nearest = other;
    }
  }
  return nearest;
}

struct Frames {
  std::vector<FrameKey> keys;
  std::vector<ByteVector> bytes;
};

/// Gives the place of the first one.
FramePlace append_frames(Database& database, ZstdCodec& zstd, const Extent& chunk, Frames& to) {
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
  if (first == to.keys.size()) {
    throw CorruptData("a chunk is empty");
  }
  return to.keys[first].place;
}

void remove_place(Database& database, std::int64_t linac, const FramePlace& first) {
  Query query(database,
              "DELETE FROM chunk_place WHERE linac = ? AND late IN (0, 1) AND epoch = ? AND "
              "time = ? AND sub = ? AND arrival = ?");
  query.bind(linac, first.epoch, first.time, first.sub, first.arrival);
  query.run();
}

void remove_chunk(Database& database, std::int64_t chunk) {
  Query query(database, "DELETE FROM chunk WHERE id = ?");
  query.bind(chunk);
  query.run();
}

ChunkBuilder built_of(const Frames& frames, std::int64_t linac) {
  std::vector<std::size_t> order(frames.keys.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return frames.keys[a].place < frames.keys[b].place;
  });
  ChunkBuilder builder(linac, ChunkKind::late);
  for (const std::size_t i : order) {
    if (!builder.accepts(frames.keys[i].place, frames.bytes[i].size())) {
      throw CorruptData("two chunks do not make one");
    }
    builder.add(frames.keys[i], frames.bytes[i]);
  }
  return builder;
}

}  // namespace

std::optional<MergedChunks> merge_chunk(Database& database, ZstdCodec& zstd, std::int64_t chunk,
                                        std::int64_t most_bytes) {
  std::optional<Extent> own;
  {
    Query query(database, ICOM_CHUNK_EXTENT "WHERE id = ?");
    query.bind(chunk);
    if (query.step()) {
      own = read_extent(query);
    }
  }
  const auto other = own ? find_neighbour(database, *own, most_bytes) : std::nullopt;
  if (!other) {
    return std::nullopt;
  }
  std::optional<ChunkBuilder> builder;
  FramePlace own_first;
  FramePlace other_first;
  try {
    Frames frames;
    other_first = append_frames(database, zstd, *other, frames);
    own_first = append_frames(database, zstd, *own, frames);
    builder.emplace(built_of(frames, own->linac));
  } catch (const CorruptData&) {
    return std::nullopt;  // what is whole must not hang on what is damaged
  }
  remove_place(database, own->linac, own_first);
  remove_place(database, own->linac, other_first);
  // A new row, and before the old ones go: no id is given twice, nor is one below
  // those of linac.unplaced.
  const auto into = builder->seal(database, zstd);
  remove_chunk(database, own->id);
  remove_chunk(database, other->id);
  return MergedChunks{.into = into.value(),
                      .gone = {own->id, other->id},
                      .bytes = own->raw_bytes + other->raw_bytes};
}

}  // namespace icom::store
