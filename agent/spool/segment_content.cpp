#include "agent/spool/segment_content.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "agent/spool/segment_scanner.hpp"

namespace icom::spool {

namespace {

bool may_go(const Entry& entry) {
  return !entry.has_patient && (entry.kind == EntryKind::frame || entry.kind == EntryKind::junk);
}

/// Appends to a file, counting.
class Output {
 public:
  explicit Output(os::File& file) : file_(file) {}

  std::error_code add(Bytes head, Bytes body) {
    const std::array parts{head, body};
    std::size_t written = 0;
    const auto error = file_.append(parts, written);
    bytes_ += written;
    return error;
  }
  std::error_code add(const Entry& entry) { return add(encode_entry_header(entry), entry.bytes); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  os::File& file_;
  std::uint64_t bytes_ = 0;
};

/// An entry that tells of what stood up to its own place. Its bytes are kept in `bytes`.
Entry hole_entry(const SegmentContent& gone, std::string_view reason, ByteVector& bytes) {
  bytes =
      encode_hole({.frames = gone.frames + gone.lost_frames,
                   .frames_with_patient = gone.frames_with_patient + gone.lost_frames_with_patient,
                   .reason = std::string(reason)});
  return {.kind = EntryKind::hole,
          .run = gone.run,
          .seq = gone.last_seq,
          .received_us = gone.last_received_us,
          .has_patient = false,
          .bytes = bytes};
}

/// Puts a file together under a temporary name, syncs it and gives it its own.
std::error_code replace_segment(os::FileSystem& files, const std::filesystem::path& segment,
                                const std::function<std::error_code(Output&)>& fill,
                                std::uint64_t& bytes) {
  const auto temporary = temporary_segment_path(segment);
  std::unique_ptr<os::File> file;
  if (const auto error = files.create(temporary, file)) return error;
  Output out(*file);
  auto error = fill(out);
  if (!error) error = file->sync_data();
  if (!error) error = files.rename(temporary, segment);
  if (error) {
    files.remove(temporary);
    return error;
  }
  bytes = out.bytes();
  return {};
}

/// Entries that go, until one stays: then a hole in their place tells of them.
class LeftOut {
 public:
  explicit LeftOut(std::string_view reason) : reason_(reason) {}

  void add(const Entry& entry) { run_of_them_.add(entry); }
  std::error_code tell(Output& to) {
    if (run_of_them_.run == 0) return {};
    ByteVector bytes;
    if (auto error = to.add(hole_entry(run_of_them_, reason_, bytes))) return error;
    all_.join(std::exchange(run_of_them_, {}));
    return {};
  }
  [[nodiscard]] const SegmentContent& all() const { return all_; }

 private:
  std::string_view reason_;
  SegmentContent run_of_them_;
  SegmentContent all_;
};

std::error_code copy_kept(SegmentScanner& from, Output& to, LeftOut& left_out) {
  // The header is known once the first entry has been looked for.
  auto entry = from.next(true);
  if (from.header()) {
    if (auto error = to.add(encode_segment_header(*from.header()), {})) return error;
  }
  for (; entry; entry = from.next(true)) {
    if (may_go(*entry)) {
      left_out.add(*entry);
      continue;
    }
    if (auto error = left_out.tell(to)) return error;
    if (auto error = to.add(*entry)) return error;
  }
  return left_out.tell(to);
}

}  // namespace

void SegmentContent::add(const Entry& entry) {
  if (entry.kind == EntryKind::frame) {
    ++frames;
    if (entry.has_patient) ++frames_with_patient;
  } else if (entry.kind == EntryKind::junk) {
    junk_bytes += entry.bytes.size();
  } else if (entry.kind == EntryKind::hole) {
    const Hole hole = decode_hole(entry.bytes);
    lost_frames += hole.frames;
    lost_frames_with_patient += hole.frames_with_patient;
  }
  if (run == 0) first_seq = entry.seq;
  run = entry.run;
  last_seq = entry.seq;
  last_received_us = entry.received_us;
}

void SegmentContent::join(const SegmentContent& next) {
  if (run == 0) {
    *this = next;
    return;
  }
  frames += next.frames;
  frames_with_patient += next.frames_with_patient;
  lost_frames += next.lost_frames;
  lost_frames_with_patient += next.lost_frames_with_patient;
  junk_bytes += next.junk_bytes;
  last_seq = next.last_seq;
  last_received_us = next.last_received_us;
}

std::error_code read_content(os::FileSystem& files, const std::filesystem::path& segment,
                             SegmentContent& content) {
  std::unique_ptr<os::File> file;
  if (const auto error = files.open_read(segment, file)) return error;
  SegmentScanner scanner(std::move(file));
  auto entry = scanner.next(true);
  for (; entry; entry = scanner.next(true)) content.add(*entry);
  // One whose first entries are given up begins where its header says.
  if (content.run != 0 && scanner.header()) {
    content.first_seq = std::min(content.first_seq, scanner.header()->first_seq);
  }
  return {};
}

std::error_code keep_patients_only(os::FileSystem& files, const std::filesystem::path& segment,
                                   std::string_view reason, std::uint64_t& bytes,
                                   SegmentContent& left_out) {
  std::unique_ptr<os::File> from;
  if (const auto error = files.open_read(segment, from)) return error;
  SegmentScanner scanner(std::move(from));
  LeftOut gone(reason);
  const auto error = replace_segment(
      files, segment, [&](Output& to) { return copy_kept(scanner, to, gone); }, bytes);
  if (!error) left_out = gone.all();
  return error;
}

std::error_code write_hole_segment(os::FileSystem& files, const std::filesystem::path& segment,
                                   std::uint64_t number, const SegmentContent& given_up,
                                   std::string_view reason, std::uint64_t& bytes) {
  const SegmentHeader header{
      .run = given_up.run, .number = number, .first_seq = given_up.first_seq};
  return replace_segment(
      files, segment,
      [&](Output& to) {
        ByteVector hole;
        if (auto error = to.add(encode_segment_header(header), {})) return error;
        return to.add(hole_entry(given_up, reason, hole));
      },
      bytes);
}

}  // namespace icom::spool
