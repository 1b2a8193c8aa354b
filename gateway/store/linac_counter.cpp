#include "gateway/store/linac_counter.hpp"

#include <limits>

#include "gateway/store/frame_scan.hpp"

namespace icom::store {

void LinacCounter::load(Database& database, ZstdCodec& zstd, const FramePlace& since) {
  {
    Query query(database, "SELECT counter_at FROM linac WHERE id = ? AND counter_at IS NOT NULL");
    query.bind(linac_);
    if (query.step()) {
      convention_ = CounterConvention(static_cast<std::size_t>(query.integer(0)));
      return;
    }
  }
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  try {
    FrameScan scan(database, zstd, linac_, since, {kMost, kMost, kMost, kMost});
    while (scan.next()) {
      convention_.observe(scan.frame());
    }
  } catch (const CorruptData&) {
    // Told by whoever needs the frame. The next ones show it too.
  }
}

std::uint8_t LinacCounter::of(Bytes frame, std::uint8_t before) const {
  const auto offset = convention_.offset();
  return offset ? counter_at(frame, *offset) : static_cast<std::uint8_t>(before + 1);
}

bool LinacCounter::observe(Bytes frame) {
  const bool changed = convention_.observe(frame);
  changed_ = changed_ || changed;
  return changed;
}

void LinacCounter::flush(Database& database) {
  if (!changed_) {
    return;
  }
  changed_ = false;
  const auto offset = convention_.offset();
  Query query(database, "UPDATE linac SET counter_at = ? WHERE id = ?");
  query.bind(offset ? std::optional(static_cast<std::int64_t>(*offset)) : std::nullopt, linac_);
  query.run();
}

}  // namespace icom::store
