#include "agent/spool/spool_writer.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/spool/damaged_segments.hpp"
#include "agent/spool/entry_batch.hpp"
#include "agent/spool/hole_reserve.hpp"
#include "agent/spool/segment_files.hpp"
#include "agent/spool/spool_bound.hpp"
#include "agent/spool/unsynced_files.hpp"
#include "agent/spool/writers_folder.hpp"
#include "common/os/doorbell.hpp"
#include "common/os/path_text.hpp"
#include "common/os/random.hpp"

namespace icom::spool {

namespace {

/// Entries in one write at most; two parts each.
constexpr std::size_t kEntriesAtOnce = 256;
/// Giving up goes by segments: with fewer than this many in the bound, one step would cost too
/// large a share of it.
constexpr std::uint64_t kSegmentsInBound = 8;
/// A segment that has this share of its size ends where frames with a patient follow those without,
/// or the other way round: then the one can be given up without touching the other, also on a full
/// disk. Not sooner, so that a stream that goes to and fro does not make a file a frame; nor before
/// it has this many microseconds of the stream, so that one that comes in a rush (a Linac's replay,
/// a listener that catches up) is not held up by the making of files.
constexpr std::uint64_t kLeastShare = 32;
constexpr std::int64_t kLeastTime = 100'000;

/// For the hole entry that goes with a write.
constexpr std::uint64_t kHoleEntryRoom = 128;

/// Whether an entry goes into one write with what `kinds` tells of, which it is added to: frames
/// with and without a patient go into different ones.
bool joins(FrameKinds& kinds, const Entry& entry) {
  if (entry.kind != EntryKind::frame) return true;
  if (entry.has_patient ? kinds.without_patient : kinds.with_patient) return false;
  (entry.has_patient ? kinds.with_patient : kinds.without_patient) = true;
  return true;
}

std::uint64_t new_run() {
  // 0 stands for "no run" in the reader and on the link.
  for (;;) {
    if (const auto run = os::random_u64(); run != 0) return run;
  }
}

}  // namespace

struct SpoolWriter::State {
  State(os::FileSystem& file_system, std::filesystem::path where, SpoolLimits limits);

  void know_earlier_segments();
  void begin_first_segment();
  FolderState look_at_folder(std::error_code& failure);
  std::error_code go_on_in_folder();
  std::error_code begin_segment();
  [[nodiscard]] SegmentHeader next_header() const;
  void now_write(std::shared_ptr<os::File> opened);
  std::error_code append_hole(const Hole& hole, std::int64_t received_us);
  std::error_code append_to_reserve(const Hole& hole, std::int64_t received_us);
  std::error_code append(std::span<const Entry> entries, std::size_t& appended);
  std::error_code append_some(std::span<const Entry> entries, std::size_t& appended);
  std::error_code make_room(FrameKinds kinds, std::int64_t received_us, std::uint64_t incoming);
  [[nodiscard]] bool parts_here(FrameKinds kinds, std::int64_t received_us) const;
  bool free_some(Shortage shortage);
  void lay_out(const Entry& entry);
  void count_written(EntryBatch::Whole whole);
  void publish();

  os::FileSystem& files;
  const std::filesystem::path directory;
  const std::uint64_t max_bytes;
  const std::uint64_t segment_bytes;
  const std::uint64_t run = new_run();

  WritersFolder folder;
  SpoolBound closed;
  UnsyncedFiles unsynced;
  HoleReserve reserve;

  // The segment being written; none yet if the disk has been full from the start.
  std::shared_ptr<os::File> file;
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;  ///< good ones: what append() said is in the spool, and the header
  SegmentContent content;
  std::int64_t begun_us = 0;  ///< when its first entry was received
  bool torn = false;          ///< bytes that could not be taken back follow the good ones
  bool knows_files = true;    ///< the file system can tell one file from another

  std::uint64_t next_seq = 1;
  std::optional<Hole> untold;  ///< given up, and no hole entry is in the spool yet

  std::unique_ptr<os::Doorbell> doorbell = os::doorbell_of(directory);

  EntryBatch batch;  ///< the write being put together
  ByteVector hole_bytes;

  SpoolWriterCounts counts;
  mutable std::mutex published_mutex;
  SpoolWriterCounts published;
};

SpoolWriter::SpoolWriter(os::FileSystem& files, std::filesystem::path directory, SpoolLimits limits)
    : state_(std::make_unique<State>(files, std::move(directory), limits)) {}

SpoolWriter::~SpoolWriter() = default;

std::error_code SpoolWriter::append(const Entry& entry) {
  std::size_t appended = 0;
  return append({&entry, 1}, appended);
}

std::error_code SpoolWriter::append(std::span<const Entry> entries, std::size_t& appended) {
  const auto error = state_->append(entries, appended);
  state_->publish();
  return error;
}

std::error_code SpoolWriter::append_hole(const Hole& hole, std::int64_t received_us) {
  const auto error = state_->append_hole(hole, received_us);
  state_->publish();
  return error;
}

std::error_code SpoolWriter::sync() {
  return state_->unsynced.sync();
}

FolderState SpoolWriter::look_at_folder(std::error_code& failure) {
  const auto state = state_->look_at_folder(failure);
  state_->publish();
  return state;
}

std::uint64_t SpoolWriter::run() const {
  return state_->run;
}

SpoolWriterCounts SpoolWriter::counts() const {
  const std::lock_guard lock(state_->published_mutex);
  return state_->published;
}

SpoolWriter::State::State(os::FileSystem& file_system, std::filesystem::path where,
                          SpoolLimits limits)
    : files(file_system),
      directory(std::move(where)),
      max_bytes(limits.max_bytes),
      segment_bytes(std::min(limits.segment_bytes, limits.max_bytes / kSegmentsInBound)),
      folder(file_system, directory),
      closed(file_system, directory),
      unsynced(file_system, directory),
      reserve(file_system, directory) {
  know_earlier_segments();
  begin_first_segment();
  if (!file) reserve.look();
  publish();
}

void SpoolWriter::State::know_earlier_segments() {
  std::vector<std::uint64_t> numbers;
  if (const auto error = folder.list(numbers)) {
    throw std::system_error(error, "cannot read the spool's directory " + os::utf8(directory));
  }
  for (const auto earlier : numbers) {
    std::uint64_t size = 0;
    files.file_size(segment_path(directory, earlier), size);
    closed.add(earlier, size, std::nullopt);
    number = earlier;
  }
}

void SpoolWriter::State::begin_first_segment() {
  for (;;) {
    const auto error = begin_segment();
    if (!error) return;
    // What comes waits for room, and is not lost for want of a listener.
    if (os::means_full(error) && !free_some(Shortage::full_disk)) return;
    if (!os::means_full(error)) {
      throw std::system_error(error, "cannot begin a spool segment in " + os::utf8(directory));
    }
  }
}

/// The segment that is written stands for the folder: whoever removes the one removes the other.
FolderState SpoolWriter::State::look_at_folder(std::error_code& failure) {
  bool is_there = true;
  failure = {};
  if (!file || !knows_files || file->is_at(segment_path(directory, number), is_there) || is_there) {
    return FolderState::same;
  }
  failure = folder.follow();
  if (failure == std::errc::resource_unavailable_try_again) return FolderState::taken;
  if (!failure) failure = go_on_in_folder();
  if (failure) return FolderState::gone;
  knows_files = !file->is_at(segment_path(directory, number), is_there) && is_there;
  return knows_files ? FolderState::made_anew : FolderState::same;
}

/// In a segment of another number, so that a reader that has the old file open leaves that behind
/// its end, and finds in the copy what it had not read yet.
std::error_code SpoolWriter::State::go_on_in_folder() {
  std::vector<std::uint64_t> numbers;
  if (const auto error = folder.list(numbers)) return error;
  std::uint64_t newest = number;
  if (!numbers.empty()) newest = std::max(newest, numbers.back());
  const bool has_entries = content.run != 0;
  SegmentHeader header{
      .run = run, .number = newest + 1, .first_seq = has_entries ? content.first_seq : next_seq};
  std::unique_ptr<os::File> copy;
  bool is_readable = true;
  auto error = copy_segment(files, directory, header, *file, bytes, copy, is_readable);
  if (error && !is_readable) {
    header.first_seq = next_seq;  // a reader tells of what is missing
    error = create_segment(files, directory, header, copy);
  }
  if (error) return error;
  closed.clear();
  for (const auto other : numbers) {
    std::uint64_t size = 0;
    files.file_size(segment_path(directory, other), size);
    closed.add(other, size, std::nullopt);
  }
  if (!is_readable) {
    bytes = kSegmentHeaderSize;
    content = {};
  }
  file = std::move(copy);
  number = header.number;
  torn = false;
  unsynced.note_written(file);
  unsynced.note_directory_changed();
  reserve.keep();
  return {};
}

/// After an error the segment before goes on being the current one.
std::error_code SpoolWriter::State::begin_segment() {
  // What stands there may be another writer's.
  if (!folder.is_ours()) return std::make_error_code(std::errc::no_such_file_or_directory);
  std::unique_ptr<os::File> created;
  if (const auto error = create_segment(files, directory, next_header(), created)) return error;
  now_write(std::move(created));
  if (!reserve.is_there()) reserve.keep();
  return {};
}

SegmentHeader SpoolWriter::State::next_header() const {
  SegmentHeader header{.run = run, .number = number + 1, .first_seq = next_seq};
  if (file) header.before = content.kinds();
  return header;
}

void SpoolWriter::State::now_write(std::shared_ptr<os::File> opened) {
  if (file) closed.add(number, bytes, content);
  file = std::move(opened);
  ++number;
  bytes = kSegmentHeaderSize;
  content = {};
  torn = false;
  unsynced.note_written(file);
  unsynced.note_directory_changed();
}

std::error_code SpoolWriter::State::append_hole(const Hole& hole, std::int64_t received_us) {
  const ByteVector told = encode_hole(hole);
  const Entry entry{.kind = EntryKind::hole, .received_us = received_us, .bytes = told};
  std::size_t appended = 0;
  const auto error = append({&entry, 1}, appended);
  return error && reserve.is_there() && folder.is_ours() ? append_to_reserve(hole, received_us)
                                                         : error;
}

/// In place, so that a disk without room takes it.
std::error_code SpoolWriter::State::append_to_reserve(const Hole& hole, std::int64_t received_us) {
  Hole all = hole;
  if (untold) {
    all.frames += untold->frames;
    all.frames_with_patient += untold->frames_with_patient;
  }
  hole_bytes = encode_hole(all);
  batch.clear();
  lay_out({.kind = EntryKind::hole, .received_us = received_us, .bytes = hole_bytes});
  const auto header = encode_segment_header(next_header());
  ByteVector segment(header.begin(), header.end());
  for (const Bytes part : batch.parts()) icom::append(segment, part);

  std::unique_ptr<os::File> opened;
  if (const auto error = reserve.become(segment_path(directory, number + 1), segment, opened)) {
    return error;
  }
  now_write(std::move(opened));
  count_written(batch.whole_in(segment.size() - kSegmentHeaderSize));
  untold.reset();
  return {};
}

std::error_code SpoolWriter::State::append(std::span<const Entry> entries, std::size_t& appended) {
  appended = 0;
  bool tried_elsewhere = false;
  while (appended < entries.size()) {
    std::size_t now = 0;
    const auto error = append_some(entries.subspan(appended), now);
    appended += now;
    if (!error) continue;
    if (error == std::errc::message_size) return error;
    if (os::means_full(error) && free_some(Shortage::full_disk)) continue;
    // A file that cannot be written may be the only one that cannot.
    if (std::exchange(tried_elsewhere, true) || begin_segment()) return error;
  }
  return {};
}

/// One write: as many entries as go into one, with what is to be told about those given up in
/// front.
std::error_code SpoolWriter::State::append_some(std::span<const Entry> entries,
                                                std::size_t& appended) {
  std::size_t count = 0;
  std::uint64_t incoming = 0;
  FrameKinds kinds;
  while (count < std::min(entries.size(), kEntriesAtOnce) &&
         entries[count].bytes.size() <= kMaxEntryBytes && joins(kinds, entries[count])) {
    incoming += kEntryHeaderSize + entries[count++].bytes.size();
  }
  if (count == 0) return std::make_error_code(std::errc::message_size);
  if (const auto error = make_room(kinds, entries[0].received_us, incoming)) return error;

  batch.clear();
  if (untold) {
    hole_bytes = encode_hole(*untold);
    lay_out({.kind = EntryKind::hole, .received_us = entries[0].received_us, .bytes = hole_bytes});
  }
  const std::size_t told = batch.entries().size();
  for (const auto& entry : entries.first(count)) lay_out(entry);

  std::size_t written = 0;
  const auto error = file->append(batch.parts(), written);
  const auto whole = batch.whole_in(written);
  count_written(whole);
  if (whole.entries > 0) untold.reset();
  appended = whole.entries - std::min(told, whole.entries);
  if (whole.entries == batch.entries().size()) return {};

  ++counts.failed_writes;
  // Whole entries stay: the reader may have taken them. What is torn must not stand between them
  // and later ones.
  torn = static_cast<bool>(file->truncate(bytes));
  return error;
}

std::error_code SpoolWriter::State::make_room(FrameKinds kinds, std::int64_t received_us,
                                              std::uint64_t incoming) {
  if (!file || torn || bytes >= segment_bytes || parts_here(kinds, received_us)) {
    // Where no new segment can be begun, a sound one grows on; the next append tries again.
    if (const auto error = begin_segment(); error && (!file || torn)) return error;
  }
  while (closed.bytes() + bytes + incoming + kHoleEntryRoom > max_bytes &&
         free_some(Shortage::bound)) {
  }
  return {};
}

/// Whether frames of these kinds, received then, go into a segment of their own.
bool SpoolWriter::State::parts_here(FrameKinds kinds, std::int64_t received_us) const {
  const FrameKinds here = content.kinds();
  const bool would_mix =
      (kinds.with_patient && here.without_patient) || (kinds.without_patient && here.with_patient);
  return would_mix && bytes >= segment_bytes / kLeastShare && received_us - begun_us >= kLeastTime;
}

/// False: there is nothing left to give up.
bool SpoolWriter::State::free_some(Shortage shortage) {
  if (!folder.is_ours()) return false;
  if (shortage == Shortage::full_disk && DamagedSegments(files, directory).remove_oldest())
    return true;
  const auto gone = closed.free_some(shortage);
  if (!gone) return false;
  counts.given_up_frames += gone->frames;
  counts.given_up_frames_with_patient += gone->frames_with_patient;
  counts.given_up_junk_bytes += gone->junk_bytes;
  if (gone->untold_frames > 0) {
    if (!untold) untold = Hole{};
    untold->frames += gone->untold_frames;
    untold->frames_with_patient += gone->untold_frames_with_patient;
    untold->reason = reason_of(shortage);
  }
  return true;
}

void SpoolWriter::State::lay_out(const Entry& entry) {
  Entry numbered = entry;
  numbered.run = run;
  numbered.seq = next_seq + batch.entries().size();
  batch.add(numbered);
}

void SpoolWriter::State::count_written(EntryBatch::Whole whole) {
  if (whole.entries == 0) return;
  if (content.run == 0) begun_us = batch.entries().front().received_us;
  for (const auto& entry : std::span(batch.entries()).first(whole.entries)) content.add(entry);
  next_seq += whole.entries;
  bytes += whole.bytes;
  counts.entries += whole.entries;
  unsynced.note_written(file);
}

void SpoolWriter::State::publish() {
  doorbell->ring();
  counts.bytes = closed.bytes() + bytes;
  const std::lock_guard lock(published_mutex);
  published = counts;
}

}  // namespace icom::spool
