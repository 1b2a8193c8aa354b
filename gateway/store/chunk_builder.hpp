// Frames on their way into chunks. docs/storage.md, "Chunks" and "The tail".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/icom/delta_codec.hpp"
#include "gateway/store/chunk_cursor.hpp"
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
  /// `kind`: at_end or late.
  ChunkBuilder(std::int64_t linac, ChunkKind kind) : linac_(linac), kind_(kind) {}

  /// Takes up what the tail rows hold. Rows that cannot be read are set aside with those behind
  /// them, whose coding hangs on them: a Linac must not stop for a damaged row. Returns the number
  /// of frames set aside.
  std::int64_t load_tail(Database& database, ZstdCodec& zstd);

  /// True if a frame at this place may be added without seal() before: it continues the chunk,
  /// within its limits.
  [[nodiscard]] bool accepts(const FramePlace& place, std::size_t bytes) const;
  /// Precondition: accepts(key.place, frame.size()).
  void add(const FrameKey& key, Bytes frame);

  /// Nothing more will be accepted before seal().
  [[nodiscard]] bool is_full() const;

  /// Makes a chunk of everything collected, tail rows included, and starts anew. Gives the chunk's
  /// id; nothing happens, and nothing is given, if there is nothing.
  std::optional<std::int64_t> seal(Database& database, ZstdCodec& zstd);
  /// Forgets everything collected, tail rows included.
  void discard(Database& database) { start_anew(database); }
  /// Makes a tail row of what was added since the last call.
  void flush_to_tail(Database& database, ZstdCodec& zstd);

  /// Bytes of the codes of all frames ever added: what is to be compressed and written.
  [[nodiscard]] std::int64_t coded() const { return coded_; }

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
  ChunkKind kind_;
  DeltaEncoder encoder_;
  std::vector<FrameKey> keys_;
  std::size_t in_tail_ = 0;    // of keys_, those that tail rows hold
  std::size_t raw_bytes_ = 0;  // of all frames collected
  std::size_t raw_in_tail_ = 0;
  std::size_t coded_in_chunk_ = 0;  // since it was begun, or loaded
  std::int64_t coded_ = 0;
  ByteVector codes_;  // of the frames that tail rows do not hold
  ByteVector code_;   // scratch
};

}  // namespace icom::store
