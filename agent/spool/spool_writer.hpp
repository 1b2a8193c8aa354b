// The listener's end of the spool. docs/storage.md, "The spool".
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <system_error>

#include "agent/spool/spool_format.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

/// In the writer's directory, held for its whole life.
inline constexpr const char* kLockFile = "lock";
/// Beside it: becomes a segment of one hole entry where there is no room for any other.
inline constexpr const char* kReserveFile = "reserve";

struct SpoolLimits {
  std::uint64_t max_bytes = 20ULL << 30U;     ///< of all segments of one Linac
  std::uint64_t segment_bytes = 8ULL << 20U;  ///< a new segment is begun once this is exceeded
};

struct SpoolWriterCounts {
  std::uint64_t entries = 0;
  std::uint64_t bytes =
      0;  ///< on disk, as far as known: what the reader removed is noticed at the bound
  std::uint64_t given_up_frames = 0;  ///< by the bound or a full disk
  std::uint64_t given_up_frames_with_patient = 0;
  std::uint64_t given_up_junk_bytes = 0;
  std::uint64_t failed_writes = 0;
};

/// What has become of the folder in which a writer writes.
enum class FolderState : std::uint8_t {
  same,       ///< nothing, as far as can be told
  made_anew,  ///< it, or the segment that was written, had been removed or replaced: the writer
              ///< goes on in the one that its path names, with all that it had written of that
              ///< segment
  gone,       ///< the same, and the writer cannot go on there yet: it writes on where nobody reads
  taken,      ///< the same, and another writer has the one that its path names
};

/// Appends entries to segments in one directory; one writer a directory, enforced by a lock file.
///
/// Promise: when append() returns without error the entry has been handed to the operating system:
/// it survives a kill of any of our processes. When sync() returns, everything appended before the
/// call began survives a power cut.
///
/// A frame that is longer than kMaxEntryBytes is refused with std::errc::message_size.
///
/// append() from one thread only; sync() from any one other thread at the same time: neither waits
/// for the other.
class SpoolWriter {
 public:
  /// Makes the directory if need be, begins a new run in a new segment; on a full disk the first
  /// append() does that. Throws std::system_error, naming the path, if the directory cannot be used
  /// or another writer holds it.
  SpoolWriter(os::FileSystem& files, std::filesystem::path directory, SpoolLimits limits);
  ~SpoolWriter();
  SpoolWriter(const SpoolWriter&) = delete;
  SpoolWriter& operator=(const SpoolWriter&) = delete;

  /// `entry.run` and `entry.seq` are ignored and given by the writer. At the bound, or when the
  /// disk is full, the oldest frames without a patient are given up first, then the oldest; that is
  /// counted, and a hole entry tells the gateway. An error means that this entry is not in the
  /// spool; the writer can be used further.
  std::error_code append(const Entry& entry);
  /// Several at once, with one write where possible. `appended`, also after an error: how many of
  /// them, counted from the first, are in the spool.
  std::error_code append(std::span<const Entry> entries, std::size_t& appended);
  /// One hole entry, whose few bytes were kept free for it where the disk is full by now. Not for
  /// what append() could tell.
  std::error_code append_hole(const Hole& hole, std::int64_t received_us);
  /// Looks whether what append() writes can still be found by its path, and goes on there if not:
  /// nothing else would tell, and what is written would be lost with this process. To be called
  /// once in a while, from the thread of append(). `failure`: why it is gone, or taken.
  FolderState look_at_folder(std::error_code& failure);
  /// An error means that what was appended before may not survive a power cut, even if a later call
  /// succeeds: a kernel may drop what it failed to write.
  std::error_code sync();

  [[nodiscard]] std::uint64_t run() const;
  [[nodiscard]] SpoolWriterCounts counts() const;  ///< from any thread

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icom::spool
