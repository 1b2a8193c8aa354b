#include "gateway/store/late_ranges.hpp"

#include <algorithm>
#include <istream>
#include <iterator>
#include <limits>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

namespace icom::store {

namespace {

// Late frames mostly come in order, so a run of them is one range.
constexpr std::int64_t kNearSeconds = 60;

// Where the range ends that names everything to the head: no frame is behind it.
constexpr std::int64_t kNoFrames = std::numeric_limits<std::int64_t>::max();
constexpr FramePlace kNoEnd{kNoFrames, kNoFrames, kNoFrames, kNoFrames};

/// How far one range lies after another: epochs first.
std::pair<std::int64_t, std::int64_t> distance(const LateRange& one, const LateRange& next) {
  const std::int64_t epochs = next.from.epoch - one.to.epoch;
  return {epochs, epochs == 0 ? next.from.time - one.to.time : 0};
}

std::istream& operator>>(std::istream& text, FramePlace& place) {
  return text >> place.epoch >> place.time >> place.sub >> place.arrival;
}

std::ostream& operator<<(std::ostream& text, const FramePlace& place) {
  return text << place.epoch << ' ' << place.time << ' ' << place.sub << ' ' << place.arrival
              << ' ';
}

bool are_near(const LateRange& one, const LateRange& next) {
  return next.from <= one.to || distance(one, next) <= std::pair(std::int64_t{0}, kNearSeconds);
}

}  // namespace

void LateRanges::load(Database& database) {
  Query query(database, "SELECT late_ranges FROM linac WHERE id = ? AND late_ranges IS NOT NULL");
  query.bind(linac_);
  if (query.step()) {
    std::istringstream text(query.text(0));
    LateRange range;
    while (text >> range.from >> range.to) {
      if (range.from <= range.to) {  // a damaged row may hold anything
        ranges_.push_back(range);
      }
    }
    std::ranges::sort(ranges_, {}, &LateRange::from);
  }
  saved_ = ranges_;
}

void LateRanges::add(const FramePlace& place) {
  const auto after = std::ranges::upper_bound(ranges_, place, {}, &LateRange::from);
  const auto at = static_cast<std::size_t>(std::distance(ranges_.begin(), after));
  ranges_.insert(after, {place, place});
  join(at);
  if (at > 0) {
    join(at - 1);
  }
  if (ranges_.size() > kMost) {
    join_nearest();
  }
}

void LateRanges::add_all_from(const FramePlace& place) {
  if (const auto already = all_from(); already && *already <= place) {
    return;
  }
  add(place);
  // Ranges behind this place are parts of it.
  while (ranges_.back().from > place) {
    ranges_.pop_back();
  }
  ranges_.back().to = kNoEnd;
}

std::optional<FramePlace> LateRanges::all_from() const {
  return !ranges_.empty() && ranges_.back().to == kNoEnd ? std::optional(ranges_.back().from)
                                                         : std::nullopt;
}

/// With the next one, if that is near.
void LateRanges::join(std::size_t at) {
  if (at + 1 < ranges_.size() && are_near(ranges_[at], ranges_[at + 1])) {
    ranges_[at].to = std::max(ranges_[at].to, ranges_[at + 1].to);
    ranges_.erase(ranges_.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

void LateRanges::join_nearest() {
  auto nearest = ranges_.begin();
  for (auto at = nearest; std::next(at) != ranges_.end(); ++at) {
    if (distance(*at, *std::next(at)) < distance(*nearest, *std::next(nearest))) {
      nearest = at;
    }
  }
  nearest->to = std::next(nearest)->to;
  ranges_.erase(std::next(nearest));
}

bool LateRanges::any_in(const FramePlace& from, const FramePlace& end) const {
  return std::ranges::any_of(
      ranges_, [&](const LateRange& range) { return from <= range.to && range.from < end; });
}

void LateRanges::forget_before(const FramePlace& place) {
  std::erase_if(ranges_, [&](const LateRange& range) { return range.to < place; });
  if (!ranges_.empty()) {
    ranges_.front().from = std::max(ranges_.front().from, place);
  }
}

bool LateRanges::forget_from(const FramePlace& place) {
  const bool any = !ranges_.empty() && ranges_.back().to >= place;
  std::erase_if(ranges_, [&](const LateRange& range) { return range.from >= place; });
  if (!ranges_.empty() && ranges_.back().to >= place) {
    ranges_.back().to = just_before(place);
  }
  return any;
}

void LateRanges::save(Database& database) {
  if (ranges_ == saved_) {
    return;
  }
  saved_ = ranges_;
  std::ostringstream text;
  for (const LateRange& range : ranges_) {
    text << range.from << range.to;
  }
  const std::optional<std::string> ranges =
      ranges_.empty() ? std::nullopt : std::optional(text.str());
  Query query(database, "UPDATE linac SET late_ranges = ? WHERE id = ?");
  query.bind(ranges, linac_);
  query.run();
}

}  // namespace icom::store
