#include "common/fanout/live_stream.hpp"

namespace icom::fanout {

bool LiveStream::take(EntryKind kind, bool late, const std::optional<FrameIdentity>& frame) {
  switch (kind) {
    case EntryKind::frame:
      return take_frame(frame);
    case EntryKind::junk:
      if (part_ == Part::goes_on) part_ = Part::live;
      return !is_late();
    case EntryKind::connected:
      if (late) {
        part_ = Part::late;
      } else if (part_ != Part::live) {
        part_ = Part::goes_on;
      }
      return false;
    case EntryKind::disconnected:
      if (is_late()) part_ = Part::after_late;
      return false;
    case EntryKind::hole:
      // The words at the end of the late part may be among what is missing.
      if (is_late()) part_ = Part::late_broken;
      return false;
  }
  return false;
}

bool LiveStream::take_frame(const std::optional<FrameIdentity>& frame) {
  if (part_ == Part::late) return false;
  // Late frames are no later than the first frame of the connection that is open.
  if (part_ == Part::late_broken && last_ && !(frame && frame->time > last_->time)) return false;
  const bool again = part_ == Part::goes_on && last_ && frame == last_;
  part_ = Part::live;
  if (again) return false;
  last_ = frame;
  return true;
}

}  // namespace icom::fanout
