#include "agent/spool/spool_reader.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/spool/segment_index.hpp"
#include "agent/spool/segment_scanner.hpp"
#include "common/os/path_text.hpp"

namespace icom::spool {

namespace {

void add_scan_counts(SpoolReaderCounts& to, const ScanCounts& scanned) {
  to.corrupt_entries += scanned.corrupt_entries;
  to.corrupt_bytes += scanned.corrupt_bytes;
  to.read_errors += scanned.read_errors;
}

}  // namespace

struct SpoolReader::State {
  State(os::FileSystem& file_system, std::filesystem::path where)
      : files(file_system), directory(where), index(file_system, std::move(where)) {}

  std::optional<Entry> next();
  bool skip();
  bool open_next();
  bool is_stored_wholly(std::uint64_t number);
  bool writer_has_gone_on();
  std::optional<Entry> accept(const Entry& entry);
  std::optional<Entry> finish_segment();
  Entry hole(std::uint64_t seq, std::int64_t received_us, const char* reason);
  Entry rest_of_hole(Entry entry, std::uint64_t before, bool overlaps);
  void begin_run(std::uint64_t of_run);
  [[nodiscard]] bool worth_a_look(const std::optional<SegmentHeader>& own,
                                  const std::optional<SegmentHeader>& next) const;

  os::FileSystem& files;
  std::filesystem::path directory;
  SegmentIndex index;
  std::function<std::uint64_t(std::uint64_t)> stored_seq;

  std::unique_ptr<SegmentScanner> scanner;
  bool skipping = false;          ///< skip_to_end() was called, and the disk refused
  std::uint64_t segment = 0;      ///< being read, or read last; 0 at the start
  bool complete = false;          ///< nothing will be added to it any more
  std::uint64_t run = 0;          ///< of the last entry seen; 0 at the start
  std::uint64_t last_seq = 0;     ///< of the run: given out, or stored before
  std::uint64_t last_intact = 0;  ///< of the run: seen intact, given out or not
  std::int64_t last_received_us = 0;
  std::optional<Entry> behind_hole;  ///< the entry before which a hole was given out
  ByteVector hole_bytes;
  bool segment_begins = false;  ///< no entry of it has been seen yet
  /// The last hole given out that the writer had left in the place of what it gave up, with all
  /// that it told. Outlives rewind().
  struct LastHole {
    std::uint64_t run = 0;
    std::uint64_t seq = 0;
    Hole all;
  };
  LastHole last_hole;
  std::vector<std::filesystem::path> set_aside;
  SpoolReaderCounts counts;  ///< without those of `scanner`
  std::string unreadable;
};

SpoolReader::SpoolReader(os::FileSystem& files, std::filesystem::path directory)
    : state_(std::make_unique<State>(files, std::move(directory))) {}

SpoolReader::~SpoolReader() = default;

std::vector<std::uint64_t> SpoolReader::runs() {
  state_->index.refresh();
  std::vector<std::uint64_t> found;
  for (const auto number : state_->index.numbers()) {
    const auto header = state_->index.header(number);
    if (header && (found.empty() || found.back() != header->run)) found.push_back(header->run);
  }
  return found;
}

HeldRun SpoolReader::held(std::uint64_t run, std::uint64_t seq) {
  return look_at_run(state_->files, state_->directory, state_->index, run, seq);
}

void SpoolReader::rewind(const std::function<std::uint64_t(std::uint64_t run)>& stored_seq) {
  State& state = *state_;
  if (state.scanner) add_scan_counts(state.counts, state.scanner->counts());
  state.stored_seq = stored_seq;
  state.scanner.reset();
  state.segment = 0;
  state.run = 0;
  state.skipping = false;
  state.behind_hole.reset();
  state.index.refresh();
}

void SpoolReader::skip_to_end() {
  rewind(nullptr);
  state_->skipping = true;
  state_->skip();
}

std::optional<Entry> SpoolReader::next() {
  if (state_->skipping && !state_->skip()) return std::nullopt;
  auto entry = state_->next();
  if (entry) ++state_->counts.entries;
  return entry;
}

void SpoolReader::release(std::uint64_t run, std::uint64_t seq) {
  SegmentIndex& index = state_->index;
  auto number = index.first();
  const auto has_run = [&](std::uint64_t of) {
    const auto header = index.header(of);
    return header && header->run == run;
  };
  auto reached = number;
  while (reached && !has_run(*reached)) reached = index.after(*reached);
  if (!reached) return;  // Nothing tells which segments are older.

  std::vector<std::uint64_t> unreadable;  // in front of the one looked at: they go when it goes
  for (; number && index.after(*number); number = index.after(*number)) {
    if (!index.header(*number)) {
      unreadable.push_back(*number);
      continue;
    }
    if (has_run(*number)) {
      const auto last = index.last_seq(*number);
      if (!last || *last > seq) return;
    } else if (*number > *reached) {
      return;  // a newer run
    }
    unreadable.push_back(*number);
    for (const auto finished : std::exchange(unreadable, {})) {
      bool set_aside = false;
      if (index.remove(finished, set_aside)) return;
      if (set_aside) {
        state_->set_aside.push_back(DamagedSegments::path(state_->directory, finished));
      }
    }
  }
}

void SpoolReader::release_rest(std::uint64_t run, std::uint64_t seq) {
  State& state = *state_;
  const bool read_to_its_end = state.scanner && !state.behind_hole && backlog_bytes() == 0;
  if (!read_to_its_end || state.run != run || state.last_seq > seq) return;
  add_scan_counts(state.counts, state.scanner->counts());
  state.scanner.reset();
  bool set_aside = false;
  if (state.index.remove(state.segment, set_aside)) return;
  if (set_aside) {
    state.set_aside.push_back(DamagedSegments::path(state.directory, state.segment));
  }
  state.segment = 0;  // whoever writes here again begins anew
}

std::vector<std::filesystem::path> SpoolReader::take_set_aside() {
  return std::exchange(state_->set_aside, {});
}

const std::string& SpoolReader::unreadable() const {
  return state_->unreadable;
}

DamagedSegments::Summary SpoolReader::damaged() const {
  return DamagedSegments(state_->files, state_->directory).summary();
}

std::uint64_t SpoolReader::backlog_bytes() const {
  State& state = *state_;
  state.index.refresh_sizes();
  std::uint64_t bytes = state.index.bytes_after(state.segment);
  if (state.scanner) {
    const auto size = state.index.bytes_of(state.segment);
    bytes += size - std::min(size, state.scanner->offset());
  }
  return bytes;
}

SpoolReaderCounts SpoolReader::counts() const {
  SpoolReaderCounts counts = state_->counts;
  if (state_->scanner) add_scan_counts(counts, state_->scanner->counts());
  return counts;
}

std::optional<Entry> SpoolReader::State::next() {
  if (behind_hole) return std::exchange(behind_hole, std::nullopt);
  for (;;) {
    if (!scanner && !open_next()) return std::nullopt;
    if (const auto entry = scanner->next(complete)) {
      if (auto given = accept(*entry)) return given;
    } else if (!complete) {
      // What the writer appended before it went on may not have been read yet: look once more, then
      // leave.
      if (!writer_has_gone_on()) return std::nullopt;
      complete = true;
    } else if (scanner->is_cut_short()) {
      // What is told of it stands under the same number, or nothing does.
      scanner.reset();
      --segment;
    } else if (auto lost = finish_segment()) {
      return lost;
    }
  }
}

/// Goes behind what is there now. False: the disk refuses to tell.
bool SpoolReader::State::skip() {
  const auto error = index.refresh();
  if (error && error != std::errc::no_such_file_or_directory) return false;
  if (const auto newest = index.newest()) {
    segment = *newest - 1;
    if (!open_next()) return false;
    while (next()) {
    }
  }
  skipping = false;
  return true;
}

/// Opens the next segment that has something to give. False: there is none yet, or it cannot be
/// opened now.
bool SpoolReader::State::open_next() {
  unreadable.clear();
  if (const auto error = index.refresh(); error && error != std::errc::no_such_file_or_directory) {
    unreadable = os::utf8(directory) + ": " + error.message();
  }
  if (const auto newest = index.newest(); newest && *newest < segment) {
    segment = 0;  // The directory was emptied and begun anew.
  }
  while (const auto number = index.after(segment)) {
    if (is_stored_wholly(*number)) {
      segment = *number;
      continue;
    }
    std::unique_ptr<os::File> file;
    const auto error = files.open_read(segment_path(directory, *number), file);
    if (error == std::errc::no_such_file_or_directory) {
      segment =
          *number;  // Given up by the writer just now; the numbers that are missing will tell.
      continue;
    }
    if (error) {
      ++counts.read_errors;
      unreadable = os::utf8(segment_path(directory, *number)) + ": " + error.message();
      return false;
    }
    scanner = std::make_unique<SegmentScanner>(std::move(file));
    segment = *number;
    segment_begins = true;
    complete = false;
    return true;
  }
  return false;
}

bool SpoolReader::State::is_stored_wholly(std::uint64_t number) {
  if (!stored_seq || !index.after(number)) return false;
  const auto header = index.header(number);
  const auto last = index.last_seq(number);
  return header && last && *last <= stored_seq(header->run);
}

bool SpoolReader::State::writer_has_gone_on() {
  if (index.refresh()) return false;
  return index.after(segment).has_value() || !index.contains(segment);
}

void SpoolReader::State::begin_run(std::uint64_t of_run) {
  run = of_run;
  last_seq = stored_seq ? stored_seq(of_run) : 0;
  last_intact = 0;
}

/// What to give out for an intact entry: itself, a hole before it, or nothing, where it is stored
/// already.
std::optional<Entry> SpoolReader::State::accept(const Entry& entry) {
  if (entry.run != run) begin_run(entry.run);
  const auto intact_before = std::exchange(last_intact, entry.seq);
  last_received_us = entry.received_us;
  const bool begins = std::exchange(segment_begins, false);
  if (entry.seq <= last_seq) return std::nullopt;
  const bool missing = entry.seq > last_seq + 1;
  const auto before = last_seq;
  last_seq = entry.seq;
  // A hole that the writer left in the place of what it gave up tells of all of it.
  const auto& segment_header = scanner->header();
  const bool told = entry.kind == EntryKind::hole && !scanner->passed_damage() && segment_header &&
                    segment_header->first_seq <= before + 1;
  if (told) {
    // It stands in the place of everything after this one.
    const auto after =
        begins ? std::max<std::uint64_t>(segment_header->first_seq, 1) - 1 : intact_before;
    if (entry.seq > after + 1) return rest_of_hole(entry, before, after < before);
  }
  if (!missing || told) return entry;
  behind_hole = entry;
  return hole(entry.seq - 1, entry.received_us, scanner->passed_damage() ? "corrupt" : "missing");
}

/// The writer joins holes, and gives up segments that are being read: of what such a hole counts, a
/// part may have been given out before, as frames or as another hole.
Entry SpoolReader::State::rest_of_hole(Entry entry, std::uint64_t before, bool overlaps) {
  const Hole all = decode_hole(entry.bytes);
  Hole rest = all;
  if (overlaps && all.frames > 0) {
    const std::uint64_t most = entry.seq - before;
    const Hole& last = last_hole.all;
    const bool joined =
        last_hole.run == run && last_hole.seq == before && last.frames <= all.frames &&
        last.frames_with_patient <= all.frames_with_patient && all.frames - last.frames <= most;
    if (joined) {
      rest.frames = all.frames - last.frames;
      rest.frames_with_patient = all.frames_with_patient - last.frames_with_patient;
    } else {
      // Which of them had a patient nobody can say: as many as there are among all.
      rest.frames = std::min(all.frames, most);
      const double share = static_cast<double>(rest.frames) / static_cast<double>(all.frames);
      rest.frames_with_patient = static_cast<std::uint64_t>(
          std::llround(share * static_cast<double>(std::min(all.frames_with_patient, all.frames))));
    }
  }
  last_hole = {.run = run, .seq = entry.seq, .all = all};
  hole_bytes = encode_hole(rest);
  entry.bytes = hole_bytes;
  return entry;
}

/// Leaves a segment. Damage at the very end of a run is followed by no number that would show it: a
/// hole tells.
std::optional<Entry> SpoolReader::State::finish_segment() {
  const auto own = scanner->header();
  if (own && own->run != run) begin_run(own->run);  // not one intact entry in it
  const auto successor = index.after(segment);
  const auto next = successor ? index.header(*successor) : std::nullopt;
  std::optional<Entry> lost;
  if (run != 0 && scanner->passed_damage() && next && next->run != run) {
    const auto seq = std::max(
        {scanner->damaged_seq(), last_intact + 1, own ? own->first_seq : std::uint64_t{0}});
    if (seq > last_seq) {
      last_seq = seq;
      lost = hole(seq, last_received_us, "corrupt");
    }
  }
  if (own) index.note_last_seq(segment, last_seq);
  if (worth_a_look(own, next)) index.note_damaged(segment);
  add_scan_counts(counts, scanner->counts());
  scanner.reset();
  return lost;
}

/// Whether the segment that was just read is damaged in a way that no kill and no power cut
/// explains: those tear the end of a run's last segment.
bool SpoolReader::State::worth_a_look(const std::optional<SegmentHeader>& own,
                                      const std::optional<SegmentHeader>& next) const {
  if (scanner->damaged_inside() || scanner->counts().read_errors > 0) return true;
  if (!scanner->passed_damage()) return false;
  if (!own) return scanner->offset() >= kSegmentHeaderSize;  // neither a header nor an entry
  return next && next->run == own->run;
}

Entry SpoolReader::State::hole(std::uint64_t seq, std::int64_t received_us, const char* reason) {
  ++counts.holes;
  hole_bytes = encode_hole({.frames = 0, .frames_with_patient = 0, .reason = reason});
  return {.kind = EntryKind::hole,
          .run = run,
          .seq = seq,
          .received_us = received_us,
          .has_patient = false,
          .bytes = hole_bytes};
}

}  // namespace icom::spool
