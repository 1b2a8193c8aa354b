// The stream itself, independent of who listens: clock, day and faults together. No I/O, no wall
// clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/beam_watch.hpp"
#include "tests/simulator/day_script.hpp"
#include "tests/simulator/faults.hpp"
#include "tests/simulator/frame_builder.hpp"
#include "tests/simulator/length_field.hpp"
#include "tests/simulator/linac_clock.hpp"
#include "tests/simulator/message.hpp"

namespace icom::simulator {

struct StreamOptions {
  std::string serial = "4299";
  std::chrono::local_seconds start{};  ///< Linac time of the first frame
  std::uint8_t first_counter = 200;
  DayOptions day;
  FaultSchedule faults;
  LengthField length;
  std::size_t junk_bytes = 100;
  std::size_t opaque_bytes = 0;
  std::chrono::milliseconds pause{3000};  ///< of Linac time
};

/// One period of the Linac's clock.
struct Tick {
  enum class Then : std::uint8_t { go_on, close, reset };

  std::uint64_t frame = 0;                 ///< its number, from 1
  std::vector<Message> messages;           ///< to be sent, in this order
  std::shared_ptr<const Payload> skipped;  ///< the frame that was made but is not sent, if so
  std::shared_ptr<const Payload>
      whole;                ///< the frame as made, sent or not: what a replay burst repeats
  Then then = Then::go_on;  ///< what becomes of every connection after these messages
  std::chrono::milliseconds pause{0};  ///< of Linac time, before the next tick
};

/// The same options give the same stream. Not thread-safe.
class FrameSource {
 public:
  explicit FrameSource(const StreamOptions& options);

  Tick next();
  /// Sets the clock before the next frame that no fault strikes, nor the frames beside it: what a
  /// fault does there stays certain. A second call before that frame adds to the first.
  void set_clock(std::chrono::seconds by) { clock_set_by_ += by; }
  /// What set_clock() did, in order: giving these to FaultSchedule::jump() gives the same stream.
  [[nodiscard]] const std::vector<ClockJump>& clock_set() const { return clock_set_; }
  [[nodiscard]] const DayScript& day() const { return day_; }
  [[nodiscard]] const BeamWatch& beam() const { return beam_; }
  [[nodiscard]] std::uint64_t frames() const { return frame_; }

 private:
  void set_clock_if_quiet();
  std::shared_ptr<const Payload> make_frame(const LinacClock::Stamp& stamp,
                                            const MachineState& state);
  std::shared_ptr<const Payload> make_junk();
  void add_whole(Tick& tick, MessageKind kind, std::shared_ptr<const Payload> payload);
  void add_first_part(Tick& tick, const std::shared_ptr<const Payload>& payload);

  StreamOptions options_;
  LinacClock clock_;
  DayScript day_;
  BeamWatch beam_;
  Random random_;
  std::uint64_t frame_ = 0;
  std::chrono::seconds clock_set_by_{0};  // set_clock() asked for it, and it is not done yet
  std::vector<ClockJump> clock_set_;
};

}  // namespace icom::simulator
