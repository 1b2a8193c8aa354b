#include "agent/spool/segment_index.hpp"

#include <memory>

#include "agent/spool/damaged_segments.hpp"
#include "agent/spool/segment_scanner.hpp"

namespace icom::spool {

std::error_code SegmentIndex::look(Sizes sizes) {
  std::vector<std::uint64_t> numbers;
  if (const auto error = list_segments(files_, directory_, numbers)) return error;
  std::map<std::uint64_t, Segment> now;
  for (const auto number : numbers) {
    const auto known = segments_.find(number);
    const bool still_growing = known == segments_.end() || std::next(known) == segments_.end();
    Segment segment = known == segments_.end() ? Segment{} : known->second;
    if (still_growing || sizes == Sizes::all) {
      files_.file_size(segment_path(directory_, number), segment.bytes);
    }
    now.emplace_hint(now.end(), number, segment);
  }
  segments_ = std::move(now);
  return {};
}

std::vector<std::uint64_t> SegmentIndex::numbers() const {
  std::vector<std::uint64_t> all;
  all.reserve(segments_.size());
  for (const auto& [number, segment] : segments_) all.push_back(number);
  return all;
}

std::optional<std::uint64_t> SegmentIndex::after(std::uint64_t number) const {
  const auto next = segments_.upper_bound(number);
  return next == segments_.end() ? std::nullopt : std::optional(next->first);
}

std::optional<std::uint64_t> SegmentIndex::newest() const {
  return segments_.empty() ? std::nullopt : std::optional(segments_.rbegin()->first);
}

std::optional<SegmentHeader> SegmentIndex::header(std::uint64_t number) {
  const auto found = segments_.find(number);
  if (found == segments_.end()) return std::nullopt;
  if (!found->second.header) found->second.header = read_header(number);
  return found->second.header;
}

std::optional<SegmentHeader> SegmentIndex::read_header(std::uint64_t number) {
  std::unique_ptr<os::File> file;
  if (files_.open_read(segment_path(directory_, number), file)) return std::nullopt;
  SegmentHeaderBytes bytes{};
  std::size_t got = 0;
  if (!file->read_at(0, bytes, got) && got == bytes.size()) {
    if (auto header = decode_segment_header(bytes)) return header;
  }
  SegmentScanner scanner(std::move(file));
  const auto entry = scanner.next(false);
  if (!entry) return std::nullopt;
  return SegmentHeader{.run = entry->run, .number = number, .first_seq = entry->seq};
}

std::optional<std::uint64_t> SegmentIndex::last_seq(std::uint64_t number) {
  const auto found = segments_.find(number);
  if (found == segments_.end()) return std::nullopt;
  if (!found->second.last_seq) {
    const auto next = after(number);
    const auto own = header(number);
    const auto successor = next ? header(*next) : std::nullopt;
    if (own && successor && own->run == successor->run) {
      found->second.last_seq = successor->first_seq - 1;
    }
  }
  return found->second.last_seq;
}

void SegmentIndex::note_last_seq(std::uint64_t number, std::uint64_t seq) {
  const auto found = segments_.find(number);
  if (found != segments_.end()) found->second.last_seq = seq;
}

void SegmentIndex::note_damaged(std::uint64_t number) {
  const auto found = segments_.find(number);
  if (found != segments_.end()) found->second.damaged = true;
}

std::error_code SegmentIndex::remove(std::uint64_t number, bool& set_aside) {
  const auto found = segments_.find(number);
  const bool damaged = found != segments_.end() && found->second.damaged;
  set_aside = damaged && !DamagedSegments(files_, directory_).take(number);
  if (set_aside) {
    segments_.erase(found);
    return {};
  }
  const auto error = files_.remove(segment_path(directory_, number));
  // The writer may have given it up a moment before.
  if (error && error != std::errc::no_such_file_or_directory) return error;
  segments_.erase(number);
  return {};
}

std::uint64_t SegmentIndex::bytes_after(std::uint64_t number) const {
  std::uint64_t sum = 0;
  for (auto at = segments_.upper_bound(number); at != segments_.end(); ++at)
    sum += at->second.bytes;
  return sum;
}

std::uint64_t SegmentIndex::bytes_of(std::uint64_t number) const {
  const auto found = segments_.find(number);
  return found == segments_.end() ? 0 : found->second.bytes;
}

}  // namespace icom::spool
