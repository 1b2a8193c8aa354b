// How far a Linac's clock is ahead, measured by its frames. No I/O, no clock. docs/storage.md,
// "Clocks".
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace icom::store {

/// What a Linac's clock is taken to be set to, at one moment.
struct ClockZone {
  std::string name;  ///< of the zone; empty where none is known
  /// Seconds that clocks there are ahead of UTC; nullopt where that is not known.
  std::optional<std::int64_t> utc_offset = std::nullopt;
  friend bool operator==(const ClockZone&, const ClockZone&) = default;
};

/// An entry of the history: what was measured from some moment on, until the next one says
/// otherwise. Of two clocks that differ it does not say which one is wrong.
struct ClockEntry {
  std::int64_t number = 0;    ///< from 1, of the Linac
  std::int64_t since_us = 0;  ///< microseconds since 1970, UTC, by the agent's clock
  /// How far the Linac's clock, counted as if it were UTC, is ahead of the agent's. It is ahead by
  /// at least this, and by the time at most that a frame takes to come, and to the next frame.
  std::int64_t ahead_us = 0;
  ClockZone zone;  ///< as it was then
  friend bool operator==(const ClockEntry&, const ClockEntry&) = default;
};

/// A frame names a whole second of the Linac's clock, and is received some time after that second
/// began: by a fraction of it, and by what the way takes. So the least difference within a while is
/// what the clocks differ by. What comes late only makes a difference larger, and does not count
/// unless a whole window of frames is late. Not thread-safe.
///
/// It is made for streams of any kind: there is at most one entry per kWindowUs of reception and,
/// whatever times of reception are told, per kWindowFrames frames.
class ClockEstimate {
 public:
  static constexpr std::int64_t kWindowUs = 60'000'000;
  static constexpr std::int64_t kWindowFrames = 60;
  /// A new entry says at least so much else than the one before.
  static constexpr std::int64_t kNewsUs = 500'000;
  /// By so much a frame cannot be too early: its clock was set forward. One alone may have a broken
  /// date: kStepFrames in a row tell. And so late is none that came in time, within its second.
  static constexpr std::int64_t kStepUs = 1'000'000;
  static constexpr int kStepFrames = 4;

  /// Goes on from the newest entry, if there is one.
  explicit ClockEstimate(std::optional<ClockEntry> newest);

  /// The next frame at the end of the order. `time`: whole seconds of the Linac's clock, counted as
  /// if it were UTC. True: conclude() is to be called.
  bool add(std::int64_t time, std::int64_t received_us) {
    if (time < -kMostSeconds || time > kMostSeconds || received_us < 0 ||
        received_us > kMostSeconds * kUsPerSecond) {
      return false;
    }
    const std::int64_t difference = received_us - time * kUsPerSecond;
    if (difference < too_early_) {
      return add_early(difference, received_us);
    }
    early_ = 0;
    if (difference <= too_late_) {
      late_since_ = kNever;
    } else if (late_since_ == kNever) {
      late_since_ = received_us;
    }
    count(difference, received_us, 1);
    return is_over();
  }
  /// `now`: what counts at latest_us(). True: newest() is another, or says something else: to be
  /// written.
  bool conclude(const ClockZone& now);

  [[nodiscard]] const std::optional<ClockEntry>& newest() const { return newest_; }
  [[nodiscard]] std::int64_t latest_us() const { return latest_us_; }

 private:
  static constexpr std::int64_t kUsPerSecond = 1'000'000;
  /// 31,000 years: what is beyond is nobody's time.
  static constexpr std::int64_t kMostSeconds = 1'000'000'000'000;
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  void count(std::int64_t difference, std::int64_t received_us, std::int64_t frames) {
    if (frames_ == 0) {
      begin_us_ = received_us;
    }
    frames_ += frames;
    latest_us_ = received_us;
    if (difference < least_) {
      least_ = difference;
      if (difference < level_ - kNewsUs && low_since_ == kNever) {
        low_since_ = received_us;
      }
    }
  }
  [[nodiscard]] bool is_over() const {
    return frames_ >= kWindowFrames &&
           (latest_us_ - begin_us_ >= kWindowUs || latest_us_ < begin_us_);
  }
  bool add_early(std::int64_t difference, std::int64_t received_us);
  bool step(const ClockZone& now);
  bool window(const ClockZone& now);
  void begin_window();
  void set_level(std::int64_t level);
  void enter(std::int64_t since_us, const ClockZone& now);

  std::optional<ClockEntry> newest_;
  std::int64_t level_ = 0;  // the least difference, by what is in force
  std::int64_t too_early_ = kNever;
  std::int64_t too_late_ = kNever;
  // What is in force is of some frames only, and is made better once a window is over.
  bool rough_ = false;
  bool settled_ = false;  // a whole window is over since the newest entry
  ClockZone zone_;        // when the window began

  // Of the window:
  std::int64_t frames_ = 0;
  std::int64_t begin_us_ = 0;
  std::int64_t latest_us_ = 0;
  std::int64_t least_ = kNever;
  std::int64_t low_since_ = kNever;   // the first that was earlier by kNewsUs or more
  std::int64_t late_since_ = kNever;  // since this one all were late, of the window before as well
  // Frames in a row that were too early:
  int early_ = 0;
  std::int64_t early_since_ = 0;
  std::int64_t early_least_ = 0;
  bool stepped_ = false;  // what conclude() is called for
};

}  // namespace icom::store
