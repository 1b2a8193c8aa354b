// What goes wrong on request, and in which frame. By number, not by chance: a test knows what it
// gets.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace icom::simulator {

enum class Fault : std::uint8_t {
  duplicate,  ///< the frame twice in a row
  conflict,   ///< a second frame with the same time and counter but other bytes
  skip,       ///< made, counted, not sent: a gap in the counter
  junk,       ///< bytes that belong to no frame, after it
  fragment,   ///< only the frame's first part is sent, the next frame follows at once
  pause,      ///< after it nothing comes for a while; Linac time goes on
  close,      ///< after it every connection ends by FIN
  reset,      ///< after it every connection ends by RST
  truncate,   ///< only the frame's first part is sent, then every connection ends by FIN
  no_items,   ///< a frame of its head only
  overrun,    ///< the last item claims more bytes than the frame has
  big,        ///< a frame of 64 kB
};
inline constexpr std::size_t kFaults = 12;

/// The option's name, e.g. `no-items`.
std::string_view name_of(Fault fault);
std::optional<Fault> fault_named(std::string_view name);

struct ClockJump {
  std::uint64_t frame = 0;  ///< the first frame with the new time
  std::chrono::seconds by{0};
};

/// Frames are numbered from 1, in the order in which the Linac's clock makes them.
class FaultSchedule {
 public:
  /// In every Nth frame; 0: never.
  void every(Fault fault, std::uint64_t frames) {
    every_[static_cast<std::size_t>(fault)] = frames;
  }
  /// In that frame, besides.
  void at(Fault fault, std::uint64_t frame) { at_.emplace(fault, frame); }
  void jump(ClockJump jump) { jumps_.push_back(jump); }

  [[nodiscard]] bool due(Fault fault, std::uint64_t frame) const;
  /// How far the clock jumps before `frame`; 0 for most.
  [[nodiscard]] std::chrono::seconds jump_before(std::uint64_t frame) const;

 private:
  std::array<std::uint64_t, kFaults> every_{};
  std::set<std::pair<Fault, std::uint64_t>> at_;
  std::vector<ClockJump> jumps_;
};

}  // namespace icom::simulator
