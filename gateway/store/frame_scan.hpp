// Frames of a Linac, read back in order. docs/storage.md, "Reading".
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/store/frame_key.hpp"
#include "gateway/store/frame_unpacker.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// Merges the chunks and the tail of one Linac by their frames' places: late frames lie in chunks
/// of their own. Keeps only the chunks open that overlap the current place. Not thread-safe. The
/// database must not change meanwhile: use it inside a transaction.
///
///     FrameScan scan(database, zstd, linac, from, to);
///     while (scan.next()) use(scan.key(), scan.frame());
class FrameScan {
 public:
  /// Both ends included. Throws SqlError.
  FrameScan(Database& database, ZstdCodec& zstd, std::int64_t linac, const FramePlace& from,
            const FramePlace& to);
  ~FrameScan();

  /// False at the end. Throws CorruptData, naming the chunk, if what is stored does not match its
  /// hash.
  bool next();
  [[nodiscard]] const FrameKey& key() const { return key_; }
  [[nodiscard]] Bytes frame() const { return frame_; }  ///< valid until next()

 private:
  struct Source;
  struct Waiting {
    std::int64_t chunk;
    std::int64_t epoch;
    std::int64_t first_time;
  };
  void open(const Waiting& waiting);
  void open_tail();
  void open_what_may_come_next();
  Source* earliest();

  Database& database_;
  ZstdCodec& zstd_;
  std::int64_t linac_;
  FramePlace from_;
  FramePlace to_;
  std::vector<Waiting> waiting_;  // in order, the next one last
  std::vector<std::unique_ptr<Source>> open_;
  FrameKey key_;
  Bytes frame_;
};

}  // namespace icom::store
