// Chunks of a Linac in the order of their first frames. docs/storage.md, "Chunks".
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "gateway/records/frame_place.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// Which chunks these are:
enum class ChunkKind {
  /// Frames that stood at the end of the order when they came. No two reach over the same place.
  at_end,
  /// Those with late frames, which may reach over one another, for an hour at most.
  late,
  /// Both, of before schema step 11: only the second that they begin in is known.
  unplaced,
};

/// Those that may hold frames from one place to another. Not thread-safe; the database must not
/// change meanwhile.
class ChunkCursor {
 public:
  struct Chunk {
    std::int64_t id = 0;
    FramePlace first;  ///< for ChunkKind::unplaced the earliest place of its first frame's second
  };
  static constexpr std::int64_t kBeforeAll = std::numeric_limits<std::int64_t>::min();

  /// Both ends included. Throws SqlError, CorruptData.
  ChunkCursor(Database& database, ChunkKind kind, std::int64_t linac, const FramePlace& from,
              const FramePlace& to);

  /// The one that it stands at; nullptr at the end. Valid until advance().
  [[nodiscard]] const Chunk* current() const { return chunk_ ? &*chunk_ : nullptr; }
  void advance();
  /// Rows that were looked at.
  [[nodiscard]] std::int64_t rows() const { return rows_; }

 private:
  static const char* sql(ChunkKind kind);
  void bind_unplaced(Database& database, std::int64_t linac, const FramePlace& from,
                     const FramePlace& to);

  Query query_;
  ChunkKind kind_;
  std::optional<Chunk> chunk_;
  std::int64_t rows_ = 0;
};

}  // namespace icom::store
