#include "gateway/store/counter_round.hpp"

#include <algorithm>

#include "gateway/store/lines.hpp"

namespace icom::store {

namespace {

constexpr int kFramesOfARound = 256;

}  // namespace

void CounterRound::load(std::span<const FrameKey> chunk, std::span<const FrameKey> open) {
  const FrameKey* before = nullptr;
  for (const std::span<const FrameKey> keys : {chunk, open}) {
    for (const FrameKey& key : keys) {
      next(key.place.time,
           before != nullptr && follows(before->place, before->counter, key.place, key.counter));
      before = &key;
    }
  }
}

void CounterRound::next(std::int64_t time, bool goes_on) {
  if (!goes_on || (!stretch_.empty() && time < stretch_.back().time)) {
    stretch_.clear();
    frames_ = 0;
  }
  if (stretch_.empty() || stretch_.back().time != time) {
    stretch_.push_back({.time = time, .frames = 0});
  }
  ++stretch_.back().frames;
  ++frames_;
  if (frames_ > kFramesOfARound) {
    --frames_;
    if (--stretch_.front().frames == 0) {
      stretch_.pop_front();
    }
  }
  if (frames_ == kFramesOfARound) {
    measured(time - stretch_.front().time);
  }
}

/// The clock has whole seconds: a round may have taken nearly one less than it says, and a gap
/// nearly one more. At four frames a second that is 63 or 64.
void CounterRound::measured(std::int64_t round) {
  const bool is_usual = round >= kCounterWrapSeconds - 1;
  latest_ =
      std::min(latest_, is_usual ? kCounterWrapSeconds : std::max<std::int64_t>(round - 1, 0));
  if (++count_ == kFramesOfARound) {
    before_ = latest_;
    latest_ = kCounterWrapSeconds;
    count_ = 0;
  }
}

std::int64_t CounterRound::seconds() const {
  return std::min(before_, latest_);
}

}  // namespace icom::store
