// The reading end of the spool: the forwarder's, and the fan-out's. docs/storage.md, "The spool".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/spool/damaged_segments.hpp"
#include "agent/spool/held_run.hpp"
#include "agent/spool/spool_format.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

struct SpoolReaderCounts {
  std::uint64_t entries = 0;
  std::uint64_t corrupt_entries =
      0;  ///< skipped: bad checksum or torn, with something valid behind
  std::uint64_t corrupt_bytes = 0;
  std::uint64_t read_errors = 0;  ///< the disk refused to read
  std::uint64_t holes = 0;  ///< runs of missing sequence numbers, each reported as one hole entry
};

/// Reads the entries of one Linac's spool in order, while a writer in another process appends. No
/// lock between them: an entry is taken once its length and checksum are right. Not thread-safe.
class SpoolReader {
 public:
  SpoolReader(os::FileSystem& files, std::filesystem::path directory);
  ~SpoolReader();
  SpoolReader(const SpoolReader&) = delete;
  SpoolReader& operator=(const SpoolReader&) = delete;

  /// The runs that have segments here now, oldest first.
  std::vector<std::uint64_t> runs();
  /// As of the last runs() or rewind(): what can be compared with a position of `run` that the
  /// gateway has stored. Does not change where next() goes on.
  HeldRun held(std::uint64_t run, std::uint64_t seq);
  /// Starts over at the oldest segment, leaving out entries up to and including `stored_seq(run)`.
  void rewind(const std::function<std::uint64_t(std::uint64_t run)>& stored_seq);
  /// Starts over behind the newest entry that is there now: for whoever wants what is to come, and
  /// nothing of before. Reads about one segment. Where the disk refuses, next() gives nothing until
  /// it has been done.
  void skip_to_end();
  /// The next entry, or nothing when caught up with the writer (call again after a wake-up).
  /// `bytes` lives until the next call. Missing sequence numbers come out as one hole entry, with
  /// the last missing number as its seq and counts of 0: reason `corrupt` where damage was passed
  /// over, else `missing`. What the writer gave up it tells in hole entries of its own, with
  /// counts.
  std::optional<Entry> next();
  /// Everything of `run` up to `seq` (and all older runs) is stored at the gateway: removes the
  /// segments that hold nothing else. Those in which damage was found while they were read are set
  /// aside instead.
  void release(std::uint64_t run, std::uint64_t seq);
  /// As release(), for the segment that is read too, once it was read to its end: where nobody
  /// writes any more. The caller holds the writer's lock.
  void release_rest(std::uint64_t run, std::uint64_t seq);
  /// Where the segments are that were set aside since the last call.
  std::vector<std::filesystem::path> take_set_aside();
  /// All damaged segments that are kept now.
  [[nodiscard]] DamagedSegments::Summary damaged() const;

  /// What keeps next() from giving what is there, since it was last called: a file or the folder
  /// that cannot be opened, and why. Empty if nothing does. Tried again with each call.
  [[nodiscard]] const std::string& unreadable() const;

  /// Bytes in segments from the reading position on (an estimate for status). Looks at the
  /// directory: true also while nobody reads.
  [[nodiscard]] std::uint64_t backlog_bytes() const;
  [[nodiscard]] SpoolReaderCounts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icom::spool
