// The Linac's own clock: what time and counter each frame carries.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace icom::simulator {

/// A second of Linac time holds exactly `hz` frames, unless the clock is made to jump or the stream
/// to pause; how fast the wall's seconds go by does not matter here. Not thread-safe.
class LinacClock {
 public:
  struct Stamp {
    std::string text;          ///< `YYYY-MM-DDHH:MM:SS`, as on the wire
    std::uint8_t counter = 0;  ///< +1 a frame, wraps 255 -> 0
  };

  /// More frames a second than the counter has values would give two frames of a second the same
  /// identity.
  static constexpr int kMaxHz = 250;

  /// Precondition: 1 <= hz <= kMaxHz.
  LinacClock(std::chrono::local_seconds start, int hz, std::uint8_t first_counter);

  /// The stamp of the next frame.
  Stamp tick();
  /// The clock is set: forward, or back.
  void jump(std::chrono::seconds by) { set_by_ += by; }
  /// Linac time passes without a frame.
  void pass(std::chrono::microseconds time) { passed_ += time; }

 private:
  std::chrono::local_seconds start_;
  int hz_;
  std::uint8_t counter_;
  std::int64_t frames_ = 0;
  std::chrono::seconds set_by_{0};
  std::chrono::microseconds passed_{0};
};

/// `YYYY-MM-DD HH:MM:SS`, as a user writes it; nothing if it is no such time.
std::optional<std::chrono::local_seconds> parse_linac_time(std::string_view text);

}  // namespace icom::simulator
