#include "agent/spool/segment_content.hpp"

#include <array>
#include <memory>
#include <utility>

#include "agent/spool/segment_scanner.hpp"

namespace icom::spool {

namespace {

bool may_go(const Entry& entry) {
  return !entry.has_patient && (entry.kind == EntryKind::frame || entry.kind == EntryKind::junk);
}

std::error_code append_to(os::File& file, Bytes head, Bytes body, std::uint64_t& bytes) {
  const std::array parts{head, body};
  std::size_t written = 0;
  const auto error = file.append(parts, written);
  bytes += written;
  return error;
}

std::error_code copy_kept(SegmentScanner& from, os::File& to, std::uint64_t& bytes,
                          SegmentContent& left_out) {
  // The header is known once the first entry has been looked for.
  auto entry = from.next(true);
  if (from.header()) {
    if (auto error = append_to(to, encode_segment_header(*from.header()), {}, bytes)) return error;
  }
  for (; entry; entry = from.next(true)) {
    if (may_go(*entry)) {
      left_out.add(*entry);
    } else if (auto error = append_to(to, encode_entry_header(*entry), entry->bytes, bytes)) {
      return error;
    }
  }
  return to.sync_data();
}

}  // namespace

void SegmentContent::add(const Entry& entry) {
  if (entry.kind == EntryKind::frame) {
    ++frames;
    if (entry.has_patient) ++frames_with_patient;
  } else if (entry.kind == EntryKind::hole) {
    const Hole hole = decode_hole(entry.bytes);
    lost_frames += hole.frames;
    lost_frames_with_patient += hole.frames_with_patient;
  }
}

std::error_code read_content(os::FileSystem& files, const std::filesystem::path& segment,
                             SegmentContent& content) {
  std::unique_ptr<os::File> file;
  if (const auto error = files.open_read(segment, file)) return error;
  SegmentScanner scanner(std::move(file));
  while (const auto entry = scanner.next(true)) content.add(*entry);
  return {};
}

std::error_code keep_patients_only(os::FileSystem& files, const std::filesystem::path& segment,
                                   std::uint64_t& bytes, SegmentContent& left_out) {
  std::unique_ptr<os::File> from;
  if (const auto error = files.open_read(segment, from)) return error;
  const auto temporary = temporary_segment_path(segment);
  std::unique_ptr<os::File> to;
  if (const auto error = files.create(temporary, to)) return error;

  SegmentScanner scanner(std::move(from));
  std::uint64_t size = 0;
  SegmentContent gone;
  auto error = copy_kept(scanner, *to, size, gone);
  if (!error) error = files.rename(temporary, segment);
  if (error) {
    files.remove(temporary);
    return error;
  }
  bytes = size;
  left_out = gone;
  return {};
}

}  // namespace icom::spool
