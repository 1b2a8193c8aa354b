// How long a Linac's counter takes for one round, by its own frames. docs/storage.md, "Gaps".
#pragma once

#include <cstdint>
#include <deque>
#include <span>

#include "gateway/records/frame_place.hpp"
#include "gateway/store/frame_key.hpp"

namespace icom::store {

/// In a gap of less than seconds() by the Linac's clock its counter cannot have wrapped, so what it
/// says of the frames missing there is exact: kCounterWrapSeconds at four frames a second, and less
/// where the frames that came without a pause have shown a faster pace. Not thread-safe.
class CounterRound {
 public:
  /// The latest stored frames, of the last chunk and behind it.
  void load(std::span<const FrameKey> chunk, std::span<const FrameKey> open);
  /// The next frame at the end of the order. `goes_on`: its counter is one higher than that of the
  /// one before, and nothing lies between them.
  void next(std::int64_t time, bool goes_on);
  /// By the latest one or two rounds that came whole. Until one has, the usual pace counts.
  [[nodiscard]] std::int64_t seconds() const;

 private:
  struct Second {
    std::int64_t time = 0;
    int frames = 0;
  };
  void measured(std::int64_t round);

  std::deque<Second> stretch_;                 ///< frames that went on, up to a round of them
  int frames_ = 0;                             ///< of it
  std::int64_t latest_ = kCounterWrapSeconds;  ///< the least of what was measured lately
  std::int64_t before_ = kCounterWrapSeconds;  ///< the least of those before
  int count_ = 0;                              ///< of what is in latest_
};

}  // namespace icom::store
