#include "gateway/store/clock_estimate.hpp"

#include <algorithm>
#include <utility>

namespace icom::store {

ClockEstimate::ClockEstimate(std::optional<ClockEntry> newest) : newest_(std::move(newest)) {
  if (newest_) {
    set_level(-newest_->ahead_us);
    zone_ = newest_->zone;
  }
}

void ClockEstimate::set_level(std::int64_t level) {
  level_ = level;
  too_early_ = level - kStepUs;
  too_late_ = level + kStepUs;
}

void ClockEstimate::begin_window() {
  frames_ = 0;
  least_ = kNever;
  low_since_ = kNever;
}

bool ClockEstimate::add_early(std::int64_t difference, std::int64_t received_us) {
  if (too_early_ == kNever) {  // the first frame of all
    set_level(difference);
    rough_ = true;
    count(difference, received_us, 1);
    return false;
  }
  if (early_ == 0) {
    early_since_ = received_us;
    early_least_ = difference;
  }
  early_least_ = std::min(early_least_, difference);
  if (++early_ < kStepFrames) {
    return false;
  }
  early_ = 0;
  late_since_ = kNever;
  if (rough_ || settled_) {
    latest_us_ = received_us;
    stepped_ = true;
    return true;
  }
  // Too soon after the newest entry: the end of the window tells.
  count(early_least_, received_us, kStepFrames);
  low_since_ = std::min(low_since_, early_since_);
  return is_over();
}

bool ClockEstimate::conclude(const ClockZone& now) {
  return std::exchange(stepped_, false) ? step(now) : window(now);
}

/// The clock was set forward; or what is in force was rough, and is not yet what it should be.
bool ClockEstimate::step(const ClockZone& now) {
  const std::int64_t least = early_least_;
  const bool better = rough_;
  begin_window();
  set_level(least);
  count(least, early_since_, kStepFrames);
  zone_ = now;
  if (better && !newest_) {
    return false;
  }
  if (better) {
    newest_->ahead_us = -least;
    newest_->zone = now;
  } else {
    enter(early_since_, now);
    rough_ = true;
  }
  return true;
}

bool ClockEstimate::window(const ClockZone& now) {
  // The agent's clock was set back: nobody knows how long it took.
  const bool counts = latest_us_ >= begin_us_;
  const ClockZone before = std::exchange(zone_, now);
  const std::int64_t least = least_;
  const std::int64_t low_since = low_since_;
  const bool was_rough = rough_;
  begin_window();
  if (!counts) {
    return false;
  }
  if (was_rough) {
    rough_ = false;
    settled_ = newest_.has_value();
    set_level(least);
    if (newest_) {
      newest_->ahead_us = -least;
      newest_->zone = now;
    } else {
      enter(begin_us_, now);
    }
    return true;
  }
  const bool is_late = least > level_ + kNewsUs;
  const bool is_early = least < level_ - kNewsUs;
  // A clock that is set when its zone's time changes shows that in the next window, if not at
  // once: until then nothing is said of it.
  const bool is_elsewhere = before != newest_->zone && before == now;
  settled_ = !is_late && !is_early && !is_elsewhere;
  if (settled_) {
    return false;
  }
  // By less than that a frame that came in time may be late.
  const bool is_dated = least > too_late_;
  const std::int64_t since = is_dated ? late_since_ : is_early ? low_since : begin_us_;
  set_level(least);
  enter(since, now);
  return true;
}

void ClockEstimate::enter(std::int64_t since_us, const ClockZone& now) {
  const std::int64_t number = newest_ ? newest_->number + 1 : 1;
  newest_ = ClockEntry{number, since_us, -level_, now};
  late_since_ = kNever;
}

}  // namespace icom::store
