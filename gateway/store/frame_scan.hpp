// Frames of a Linac, read back in order. docs/storage.md, "Reading".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "gateway/store/chunk_cursor.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/varint.hpp"  // CorruptData
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// Where a scan stood in the chunks that it had begun, by their numbers: the place of the next
/// frame of each, and which it is. Frames of a chunk never change, so this stays true as long as
/// none is put before these places.
using ScanPlaces = std::unordered_map<std::int64_t, std::pair<FramePlace, std::size_t>>;

/// Merges the chunks and the tail of one Linac by their frames' places: late frames lie in chunks
/// of their own. A chunk is opened once its first frame may be due, and no more than kMostOpen are
/// open at a time: where more reach over one place, those whose frames are due last are closed, and
/// opened anew. Not thread-safe. The database must not change meanwhile: use it inside a
/// transaction.
///
///     FrameScan scan(database, zstd, linac, from, to);
///     while (scan.next()) use(scan.key(), scan.frame());
class FrameScan {
 public:
  static constexpr std::size_t kMostOpen = 16;

  /// What reading a frame counts: as one frame, and as one more for each 16 KiB that it has.
  [[nodiscard]] static std::int64_t weight_of(Bytes frame) {
    return 1 + std::ssize(frame) / (std::int64_t{16} << 10U);
  }

  /// What was done so far.
  struct Work {
    std::int64_t lists = 0;     ///< key lists read
    std::int64_t chunks = 0;    ///< whose frames were read
    std::int64_t frames = 0;    ///< decoded, with those before the ones that were asked for
    std::int64_t bytes = 0;     ///< of these frames
    std::int64_t weight = 0;    ///< of these frames
    std::size_t most_open = 0;  ///< chunks, at one time
  };

  /// Both ends included. `places`: those of a scan that handed out the last frame before `from`,
  /// so that the key lists are not read again. Throws SqlError, CorruptData.
  FrameScan(Database& database, ZstdCodec& zstd, std::int64_t linac, const FramePlace& from,
            const FramePlace& to, ScanPlaces places = {});
  ~FrameScan();

  /// False at the end. Throws CorruptData, naming the chunk, if what is stored does not match its
  /// hash.
  bool next();
  [[nodiscard]] const FrameKey& key() const { return key_; }
  [[nodiscard]] Bytes frame() const { return frame_; }  ///< valid until next()
  [[nodiscard]] const Work& work() const { return work_; }
  [[nodiscard]] std::int64_t rows() const;  ///< of chunks, looked at

  /// For a scan that goes on after key(). Of kMostPlaces chunks at most: of others their key lists
  /// are read again.
  [[nodiscard]] ScanPlaces places() const;
  static constexpr std::size_t kMostPlaces = 4'096;

 private:
  struct Source;
  /// A chunk that is closed meanwhile, at its next frame's place.
  struct Closed {
    std::int64_t chunk;
    FramePlace first;
    std::size_t at;
  };
  void open(const ChunkCursor::Chunk& chunk);
  void open_again();
  std::unique_ptr<Source> read_keys(std::int64_t chunk, const FramePlace& first);
  void open_tail();
  void put(std::unique_ptr<Source> source);
  void put_closed(const FramePlace& place, const Closed& closed);
  void close_latest();
  void open_what_may_come_next();
  [[noreturn]] void fail_for_order() const;

  Database& database_;
  ZstdCodec& zstd_;
  std::int64_t linac_;
  FramePlace from_;
  FramePlace to_;
  ScanPlaces places_;
  std::array<ChunkCursor, 3> waiting_;
  // By the place of the next frame of each.
  std::map<FramePlace, std::unique_ptr<Source>> open_;
  std::map<FramePlace, Closed> closed_;
  std::unique_ptr<Source> current_;  // the frame handed out last lives in it
  FrameKey key_;
  Bytes frame_;
  Work work_;
};

}  // namespace icom::store
