// Which of a listener's entries are of the connection that is open, not late ones of another.
#pragma once

#include <cstdint>
#include <optional>

#include "common/icom/frame_identity.hpp"
#include "common/icom/late_connection.hpp"
#include "common/icom/stream_entry.hpp"

namespace icom::fanout {

/// Leaves out what a connection that was given up brought late, and the frame that the listener
/// repeats where the open one goes on (docs/agent.md, "After a dead line"): a client has seen later
/// frames, of another patient perhaps. One object per run. Not thread-safe.
class LiveStream {
 public:
  /// Takes the run's next entry; true if clients get it. `late`: is_late_connection(). `frame`: of
  /// a frame, if it is known.
  bool take(EntryKind kind, bool late, const std::optional<FrameIdentity>& frame);

 private:
  enum class Part {
    live,
    late,         ///< of a connection that was given up
    late_broken,  ///< likewise, and entries are missing: the open one may go on in it
    after_late,
    goes_on  ///< the open connection does, with its last frame once more if it has brought one
  };
  bool take_frame(const std::optional<FrameIdentity>& frame);
  [[nodiscard]] bool is_late() const { return part_ == Part::late || part_ == Part::late_broken; }

  Part part_ = Part::live;
  std::optional<FrameIdentity> last_;  ///< that clients got
};

}  // namespace icom::fanout
