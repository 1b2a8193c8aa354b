#include "agent/spool/spool_bound.hpp"

#include <algorithm>
#include <vector>

#include "agent/spool/segment_files.hpp"

namespace icom::spool {

namespace {

/// Segments read in one step in search of one without a patient, where another way to make room is
/// at hand: about 50 ms.
constexpr int kSearch = 16;

}  // namespace

bool SpoolBound::Segment::without_patient() const {
  return content && !unreadable && content->frames_with_patient == 0;
}

bool SpoolBound::Segment::mixed() const {
  return content && !unreadable && content->frames_with_patient > 0 &&
         content->frames > content->frames_with_patient;
}

void SpoolBound::add(std::uint64_t number, std::uint64_t bytes,
                     std::optional<SegmentContent> content) {
  segments_[number] = {.bytes = bytes, .content = content, .unreadable = false};
  bytes_ += bytes;
}

std::optional<GivenUp> SpoolBound::free_some() {
  if (forget_removed()) return GivenUp{};
  auto mixed = segments_.end();
  int read = 0;
  for (auto at = segments_.begin(); at != segments_.end(); ++at) {
    auto& [number, segment] = *at;
    if (!segment.content) {
      if (mixed != segments_.end() && read == kSearch) break;
      learn_content(number, segment);
      ++read;
    }
    if (segment.without_patient()) {
      if (const auto gone = remove(at)) return gone;
      break;  // The file cannot be removed; neither could others be.
    }
    if (mixed == segments_.end() && segment.mixed()) mixed = at;
  }
  if (mixed != segments_.end()) {
    // Needs room for the copy; on a full disk the oldest segment goes instead.
    if (const auto gone = thin_out(mixed)) return gone;
  }
  if (segments_.empty()) return std::nullopt;
  return remove(segments_.begin());
}

bool SpoolBound::forget_removed() {
  std::vector<std::uint64_t> present;
  if (list_segments(files_, directory_, present)) return false;
  const auto before = segments_.size();
  for (auto at = segments_.begin(); at != segments_.end();) {
    if (std::binary_search(present.begin(), present.end(), at->first)) {
      ++at;
    } else {
      bytes_ -= at->second.bytes;
      at = segments_.erase(at);
    }
  }
  return segments_.size() < before;
}

void SpoolBound::learn_content(std::uint64_t number, Segment& segment) {
  SegmentContent content;
  segment.unreadable =
      static_cast<bool>(read_content(files_, segment_path(directory_, number), content));
  segment.content = content;
}

std::optional<GivenUp> SpoolBound::remove(Segments::iterator at) {
  auto& [number, segment] = *at;
  if (!segment.content) learn_content(number, segment);
  const auto error = files_.remove(segment_path(directory_, number));
  const bool was_released = error == std::errc::no_such_file_or_directory;
  if (error && !was_released) return std::nullopt;
  const SegmentContent content = *segment.content;
  bytes_ -= segment.bytes;
  segments_.erase(at);
  if (was_released) return GivenUp{};
  return GivenUp{.frames = content.frames,
                 .frames_with_patient = content.frames_with_patient,
                 .untold_frames = content.lost_frames,
                 .untold_frames_with_patient = content.lost_frames_with_patient};
}

std::optional<GivenUp> SpoolBound::thin_out(Segments::iterator at) {
  auto& [number, segment] = *at;
  std::uint64_t size = 0;
  SegmentContent gone;
  if (keep_patients_only(files_, segment_path(directory_, number), size, gone)) return std::nullopt;
  bytes_ -= segment.bytes;
  bytes_ += size;
  segment.bytes = size;
  segment.content->frames -= gone.frames;
  GivenUp given_up;
  given_up.frames = gone.frames;
  return given_up;
}

}  // namespace icom::spool
