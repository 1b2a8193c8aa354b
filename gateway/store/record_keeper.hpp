// Keeps one Linac's record rows in step with its frames. docs/storage.md, "Records".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gateway/records/record_builder.hpp"
#include "gateway/store/record_table.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// Frames at the end of the order go through a builder as they come. Frames that came late mark
/// their range, and the records there are built again from the stored frames. Not thread-safe;
/// lives and dies with its LinacLog.
class RecordKeeper {
 public:
  explicit RecordKeeper(std::int64_t linac) : linac_(linac) {}

  /// Builds the open record, if there is one, from its stored frames; from those before a damaged
  /// one, where there is one. Throws SqlError.
  void load(Database& database, ZstdCodec& zstd);

  /// The next frame at the end of the order.
  void append(Database& database, const records::RecordFrame& frame);
  /// A frame was put somewhere else.
  void insert(const FramePlace& place);

  /// Call when all frames, gaps included, are in the tables. Appends the ids of records closed, or
  /// changed after being closed.
  void flush(Database& database, ZstdCodec& zstd, std::vector<std::int64_t>& changed);

 private:
  struct Range {
    FramePlace from;
    FramePlace to;
  };
  void rebuild(Database& database, ZstdCodec& zstd, const Range& late);
  void replace(Database& database, const FramePlace& from, const std::optional<FramePlace>& end,
               const std::vector<records::Record>& closed, bool one_is_open);
  void write_open(Database& database);

  std::int64_t linac_;
  records::RecordBuilder builder_;
  std::optional<std::int64_t> open_row_;  // of the builder's open record
  bool open_changed_ = false;
  std::vector<Range> late_;
  std::vector<std::int64_t> changed_;
};

}  // namespace icom::store
