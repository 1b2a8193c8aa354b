#include "agent/spool/spool_bound.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <vector>

#include "agent/spool/segment_files.hpp"

namespace icom::spool {

namespace {

/// A segment of one hole entry is smaller: nothing is won by giving up such a one.
constexpr std::uint64_t kHoleSegmentBytes = 256;

}  // namespace

bool SpoolBound::Segment::is_hole() const {
  return bytes <= kHoleSegmentBytes && content && content->frames == 0;
}

const char* reason_of(Shortage shortage) {
  return shortage == Shortage::bound ? "bound" : "disk_full";
}

void SpoolBound::clear() {
  segments_.clear();
  bytes_ = 0;
}

void SpoolBound::add(std::uint64_t number, std::uint64_t bytes,
                     std::optional<SegmentContent> content) {
  Segment segment{.bytes = bytes, .content = content, .kinds = std::nullopt};
  if (content) segment.kinds = content->kinds();
  segments_[number] = segment;
  bytes_ += bytes;
}

std::optional<GivenUp> SpoolBound::free_some(Shortage shortage) {
  if (forget_removed()) return GivenUp{};
  for (;;) {
    const auto at = choose();
    if (at == segments_.end()) return std::nullopt;
    if (!at->second.content) {
      // Counts are needed now; and what it turns out to hold may speak against it.
      if (!learn_content(at)) return GivenUp{};
      continue;
    }
    const auto kinds = at->second.content->kinds();
    if (kinds.with_patient && kinds.without_patient) {
      // Needs room for the copy; where there is none it goes whole.
      if (const auto gone = thin_out(at, shortage)) return gone;
    }
    return give_up(at, shortage);
  }
}

/// The segment that goes next, or goes in part; end(): none.
SpoolBound::Segments::iterator SpoolBound::choose() {
  auto oldest = segments_.end();
  auto mixed = segments_.end();
  for (auto at = segments_.begin(); at != segments_.end(); ++at) {
    learn_kinds(at);
    if (at->second.is_hole()) continue;
    const FrameKinds kinds = at->second.kinds.value_or(FrameKinds{.with_patient = true});
    if (!kinds.with_patient) return at;
    if (mixed == segments_.end() && kinds.without_patient) mixed = at;
    if (oldest == segments_.end()) oldest = at;
  }
  return mixed != segments_.end() ? mixed : oldest;
}

bool SpoolBound::forget_removed() {
  std::vector<std::uint64_t> present;
  if (list_segments(files_, directory_, present)) return false;
  const auto before = segments_.size();
  for (auto at = segments_.begin(); at != segments_.end();) {
    const auto here = at++;
    if (!std::binary_search(present.begin(), present.end(), here->first)) forget(here);
  }
  return segments_.size() < before;
}

/// From the header of the segment behind it, where that tells; otherwise by reading it.
void SpoolBound::learn_kinds(Segments::iterator at) {
  auto& [number, segment] = *at;
  if (segment.kinds) return;
  const auto next = std::next(at);
  if (segment.bytes > kHoleSegmentBytes && next != segments_.end() && next->first == number + 1) {
    std::unique_ptr<os::File> file;
    SegmentHeaderBytes bytes{};
    std::size_t got = 0;
    if (!files_.open_read(segment_path(directory_, next->first), file) &&
        !file->read_at(0, bytes, got) && got == bytes.size()) {
      const auto header = decode_segment_header(bytes);
      if (header) segment.kinds = header->before;
    }
  }
  if (!segment.kinds) learn_content(at);
}

/// False if it is gone.
bool SpoolBound::learn_content(Segments::iterator at) {
  auto& [number, segment] = *at;
  SegmentContent content;
  const auto error = read_content(files_, segment_path(directory_, number), content);
  if (error == std::errc::no_such_file_or_directory) {
    // Released by the reader just now. It is no candidate any more, and forgotten next time.
    segment.content = SegmentContent{};
    segment.kinds = FrameKinds{};
    bytes_ -= segment.bytes;
    segment.bytes = 0;
    return false;
  }
  segment.content = content;
  // What cannot be read is not held to be without a patient.
  segment.kinds = error ? FrameKinds{.with_patient = true} : content.kinds();
  return true;
}

std::optional<GivenUp> SpoolBound::give_up(Segments::iterator at, Shortage shortage) {
  const SegmentContent content = *at->second.content;
  GivenUp gone{.frames = content.frames,
               .frames_with_patient = content.frames_with_patient,
               .junk_bytes = content.junk_bytes};
  const auto old = open_to_cut(at->first, shortage);
  // In one step, so that a reader finds either what was there or what is told of it. On a full disk
  // there is room only once the segment is gone.
  if (leave_hole(at, shortage)) {
    if (old) old->truncate(0);
    return gone;
  }
  if (remove(at)) return std::nullopt;
  if (old) old->truncate(0);
  if (!leave_hole(at, shortage)) {
    forget(at);
    gone.untold_frames = content.frames + content.lost_frames;
    gone.untold_frames_with_patient =
        content.frames_with_patient + content.lost_frames_with_patient;
  }
  return gone;
}

/// In place of the segment and of the holes beside it one hole that tells of all: what is left of
/// months of giving up is a segment, not one for each. If a kill or a power cut comes between,
/// frames are told of twice, never not at all.
bool SpoolBound::leave_hole(Segments::iterator at, Shortage shortage) {
  const auto run = at->second.content->run;
  if (run == 0) return false;  // not one intact entry: nobody knows what it held
  const auto joins = [run](const Segments::value_type& one) {
    return one.second.is_hole() && one.second.content->run == run;
  };
  auto first = at;
  while (first != segments_.begin() && joins(*std::prev(first))) --first;
  auto last = at;
  while (std::next(last) != segments_.end() && joins(*std::next(last))) ++last;

  SegmentContent all;
  for (auto each = first; each != std::next(last); ++each) all.join(*each->second.content);
  std::uint64_t size = 0;
  if (write_hole_segment(files_, segment_path(directory_, last->first), last->first, all,
                         reason_of(shortage), size)) {
    return false;
  }
  while (first != last) {
    const auto each = first++;
    remove(each);
    forget(each);
  }
  bytes_ += size;
  bytes_ -= last->second.bytes;
  all.lost_frames += std::exchange(all.frames, 0);
  all.lost_frames_with_patient += std::exchange(all.frames_with_patient, 0);
  all.junk_bytes = 0;
  last->second = {.bytes = size, .content = all, .kinds = all.kinds()};
  return true;
}

std::optional<GivenUp> SpoolBound::thin_out(Segments::iterator at, Shortage shortage) {
  auto& [number, segment] = *at;
  std::uint64_t size = 0;
  SegmentContent gone;
  if (keep_patients_only(files_, segment_path(directory_, number), reason_of(shortage), size,
                         gone)) {
    return std::nullopt;
  }
  bytes_ -= segment.bytes;
  bytes_ += size;
  segment.bytes = size;
  segment.content->frames -= gone.frames;
  segment.content->lost_frames += gone.frames;
  segment.content->junk_bytes -= gone.junk_bytes;
  segment.kinds = segment.content->kinds();
  GivenUp given_up;
  given_up.frames = gone.frames;
  given_up.junk_bytes = gone.junk_bytes;
  return given_up;
}

/// A file that has lost its name keeps its room for as long as anybody has it open, as the
/// forwarder may. Nothing where room on the disk is not what is asked for, or it cannot be had in
/// this way.
std::unique_ptr<os::File> SpoolBound::open_to_cut(std::uint64_t number, Shortage shortage) {
  std::unique_ptr<os::File> file;
  if (shortage == Shortage::full_disk) files_.open_write(segment_path(directory_, number), file);
  return file;
}

std::error_code SpoolBound::remove(Segments::iterator at) {
  const auto error = files_.remove(segment_path(directory_, at->first));
  if (error && error != std::errc::no_such_file_or_directory) return error;
  bytes_ -= at->second.bytes;
  at->second.bytes = 0;
  return {};
}

void SpoolBound::forget(Segments::iterator at) {
  bytes_ -= at->second.bytes;
  segments_.erase(at);
}

}  // namespace icom::spool
