#include "agent/spool/held_run.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "agent/spool/segment_scanner.hpp"
#include "common/icom/frame_identity.hpp"

namespace icom::spool {

namespace {

struct RunSegment {
  std::uint64_t number;
  std::uint64_t first_seq;
};

/// Oldest first.
std::vector<RunSegment> segments_of(SegmentIndex& index, std::uint64_t run) {
  std::vector<RunSegment> found;
  for (const auto number : index.numbers()) {
    const auto header = index.header(number);
    if (header && header->run == run) found.push_back({number, header->first_seq});
  }
  return found;
}

class Looking {
 public:
  Looking(os::FileSystem& files, const std::filesystem::path& directory, std::uint64_t run,
          std::uint64_t seq)
      : files_(files), directory_(directory), run_(run), seq_(seq) {}

  /// The last intact entry of a segment; 0 if there is none. Notes the one that is looked for.
  std::uint64_t last_entry(std::uint64_t segment, HeldRun& held) {
    std::uint64_t last = 0;
    each_entry(segment, [&](const Entry& entry) {
      last = entry.seq;
      if (entry.seq == seq_) {
        held.fingerprint = entry_fingerprint(entry.received_us, content_hash(entry.bytes));
      }
      return true;
    });
    return last;
  }

  std::uint64_t first_entry(std::uint64_t segment) {
    std::uint64_t first = 0;
    each_entry(segment, [&](const Entry& entry) {
      first = entry.seq;
      return false;
    });
    return first;
  }

 private:
  template <typename Take>
  void each_entry(std::uint64_t segment, Take take) {
    std::unique_ptr<os::File> file;
    if (files_.open_read(segment_path(directory_, segment), file)) return;
    SegmentScanner scanner(std::move(file));
    while (const auto entry = scanner.next(true)) {
      if (entry->run == run_ && !take(*entry)) return;
    }
  }

  os::FileSystem& files_;
  const std::filesystem::path& directory_;
  std::uint64_t run_;
  std::uint64_t seq_;
};

}  // namespace

HeldRun look_at_run(os::FileSystem& files, const std::filesystem::path& directory,
                    SegmentIndex& index, std::uint64_t run, std::uint64_t seq) {
  HeldRun held;
  const auto segments = segments_of(index, run);
  if (segments.empty()) return held;
  Looking looking(files, directory, run, seq);
  held.first = segments.front().first_seq;
  held.newest = std::max(looking.last_entry(segments.back().number, held),
                         std::max<std::uint64_t>(segments.back().first_seq, 1) - 1);
  const auto after =
      std::ranges::upper_bound(segments, seq, {}, &RunSegment::first_seq);  // begins beyond it
  if (after != segments.begin() && after != segments.end()) {
    looking.last_entry(std::prev(after)->number, held);
  }
  for (auto segment = segments.begin(); held.oldest == 0 && segment != segments.end(); ++segment) {
    held.oldest = looking.first_entry(segment->number);
  }
  return held;
}

}  // namespace icom::spool
