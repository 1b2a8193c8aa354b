#include "common/icom/counter_convention.hpp"

#include <algorithm>
#include <utility>

namespace icom {

namespace {

constexpr std::size_t kLow = 0;   // at kCounterOffset
constexpr std::size_t kHigh = 1;  // one behind, with a high byte before it

std::uint8_t step(std::uint8_t before, std::uint8_t now) {
  return static_cast<std::uint8_t>(now - before);
}

}  // namespace

CounterConvention::CounterConvention(std::optional<std::size_t> offset) {
  if (offset == kCounterOffset || offset == kCounterOffset + 1) {
    learnt_ = *offset - kCounterOffset;
  }
}

std::optional<std::size_t> CounterConvention::offset() const {
  return learnt_ ? std::optional(kCounterOffset + *learnt_) : std::nullopt;
}

bool CounterConvention::observe(Bytes frame) {
  const Values now{counter_at(frame, kCounterOffset), counter_at(frame, kCounterOffset + 1)};
  const auto before = std::exchange(last_, now);
  if (!before || *before == now) {
    return false;  // sent twice, or two frames with one counter
  }
  const std::uint8_t low = step((*before)[kLow], now[kLow]);
  const std::uint8_t high = step((*before)[kHigh], now[kHigh]);
  const bool carried = now[kHigh] == 0 && low == 1;
  const std::array<bool, kCandidates> counts{low == 1, high == 1 && (low == 0 || carried)};
  for (std::size_t i = 0; i < kCandidates; ++i) {
    counted_[i] = counts[i] ? std::min(counted_[i] + 1, kPatience) : 0;
  }
  const auto before_this = learnt_;
  if (learnt_) {
    missed_ = counts[*learnt_] ? 0 : missed_ + 1;
    const std::size_t other = kCandidates - 1 - *learnt_;
    if (missed_ >= kProofAgainst && counted_[other] >= kProofAgainst) {
      learnt_ = other;
    } else if (missed_ >= kPatience) {
      learnt_.reset();
    }
  } else if (counted_[kHigh] >= kProof && counted_[kHigh] > counted_[kLow]) {
    learnt_ = kHigh;
  } else if (counted_[kLow] >= kProof) {
    learnt_ = kLow;
  }
  if (learnt_ == before_this) {
    return false;
  }
  missed_ = 0;
  return true;
}

}  // namespace icom
