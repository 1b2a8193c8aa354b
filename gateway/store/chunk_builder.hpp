// Frames on their way into chunks. docs/storage.md, "Chunks" and "The tail".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/icom/delta_codec.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// Collects frames of one Linac in order, delta-coded, until they make a chunk. What is not yet a
/// chunk at the end of a transaction either waits in tail rows (flush_to_tail) or becomes a smaller
/// chunk (seal). Not thread-safe; all functions with a Database belong inside the writer's
/// transaction. After a rollback the object is of no use.
class ChunkBuilder {
 public:
  explicit ChunkBuilder(std::int64_t linac) : linac_(linac) {}

  /// Takes up what the tail rows hold. Rows that cannot be read are set aside with those behind
  /// them, whose coding hangs on them: a Linac must not stop for a damaged row. Returns the number
  /// of frames set aside.
  std::int64_t load_tail(Database& database, ZstdCodec& zstd);

  /// True if a frame at this place may be added without seal() before: it continues the chunk,
  /// within its limits.
  [[nodiscard]] bool accepts(const FramePlace& place) const;
  /// Precondition: accepts(key.place).
  void add(const FrameKey& key, Bytes frame);

  /// Nothing more will be accepted before seal().
  [[nodiscard]] bool is_full() const;

  /// Makes a chunk of everything collected, tail rows included, and starts anew. Gives the chunk's
  /// id; nothing happens, and nothing is given, if there is nothing.
  std::optional<std::int64_t> seal(Database& database, ZstdCodec& zstd);
  /// The same into the row of a chunk that is there already. Precondition: something was added.
  void seal_into(Database& database, ZstdCodec& zstd, std::int64_t chunk);
  /// Makes a tail row of what was added since the last call.
  void flush_to_tail(Database& database, ZstdCodec& zstd);

  /// In order. Valid until the next call of a non-const function.
  [[nodiscard]] std::span<const FrameKey> keys() const { return keys_; }

 private:
  struct Packed {
    ByteVector keys;
    ByteVector data;
  };
  Packed pack(Database& database, ZstdCodec& zstd) const;
  void start_anew(Database& database);
  std::int64_t set_aside(Database& database, std::size_t from_part);

  std::int64_t linac_;
  DeltaEncoder encoder_;
  std::vector<FrameKey> keys_;
  std::size_t in_tail_ = 0;    // of keys_, those that tail rows hold
  std::size_t raw_bytes_ = 0;  // of all frames collected
  std::size_t raw_in_tail_ = 0;
  ByteVector codes_;  // of the frames that tail rows do not hold
  ByteVector code_;   // scratch
};

}  // namespace icom::store
