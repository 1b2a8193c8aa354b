// What a Linac's frames are counted by. docs/storage.md, "Order".
#pragma once

#include <cstdint>

#include "common/icom/counter_convention.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/sqlite.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// The convention that one Linac's frames have shown, remembered in its row. As long as there is
/// none, frames are numbered here, one after the other as they come, so that they have an order but
/// nothing can be missing. Not thread-safe.
class LinacCounter {
 public:
  explicit LinacCounter(std::int64_t linac) : linac_(linac) {}

  /// `since`: where the latest stored frames begin, which show it again if it was not learnt yet.
  /// Throws SqlError.
  void load(Database& database, ZstdCodec& zstd, const FramePlace& since);

  /// False: the number of a frame says nothing about the Linac's.
  [[nodiscard]] bool is_known() const { return convention_.offset().has_value(); }
  /// The frame's counter; if it is not known, the number after `before`.
  [[nodiscard]] std::uint8_t of(Bytes frame, std::uint8_t before) const;

  /// The next frame of the connection that stands at the head. Returns true if what is known
  /// changed.
  bool observe(Bytes frame);
  void flush(Database& database);

 private:
  std::int64_t linac_;
  CounterConvention convention_;
  bool changed_ = false;
};

}  // namespace icom::store
