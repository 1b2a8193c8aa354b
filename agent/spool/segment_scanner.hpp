// The intact entries of one segment, in order, whatever has happened to the rest of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "agent/spool/block_reader.hpp"
#include "agent/spool/entry_header.hpp"
#include "agent/spool/segment_files.hpp"
#include "common/os/file_system.hpp"

namespace icom::spool {

struct ScanCounts {
  std::uint64_t corrupt_entries = 0;
  std::uint64_t corrupt_bytes = 0;
  std::uint64_t read_errors = 0;
};

/// Reads a segment from its start, also while the writer appends to it. Not thread-safe.
///
/// A damaged payload costs its entry, whose intact header tells where the next one begins. After a
/// damaged header the scan goes on at the next offset where an intact one of the same run stands.
class SegmentScanner {
 public:
  explicit SegmentScanner(std::unique_ptr<os::File> file) : blocks_(std::move(file)) {}

  /// The next intact entry, or nothing. Its `bytes` live until the next call.
  /// `complete`: the writer has gone on to another segment, so what cannot be read now never will
  /// be: it is counted and passed over. Otherwise an unfinished end is left alone and read anew by
  /// the next call.
  std::optional<Entry> next(bool complete);

  /// As soon as it has been read and is intact.
  [[nodiscard]] const std::optional<SegmentHeader>& header() const { return header_; }
  /// True if damaged bytes were passed over since the entry given out before.
  [[nodiscard]] bool passed_damage() const { return passed_damage_; }
  /// Of the last entry passed over whose header was intact; 0 if there was none since the entry
  /// given out before.
  [[nodiscard]] std::uint64_t damaged_seq() const { return damaged_seq_; }
  /// True if damaged bytes had intact entries behind them: not the torn end that a kill or a power
  /// cut leaves.
  [[nodiscard]] bool damaged_inside() const { return damaged_inside_; }
  /// In the file; everything before has been dealt with.
  [[nodiscard]] std::uint64_t offset() const { return blocks_.offset(); }
  /// True if the file lost what was dealt with already: the writer gave it up on a full disk.
  /// Damage found at its end is none then.
  [[nodiscard]] bool is_cut_short() const { return blocks_.is_cut_short(); }
  [[nodiscard]] ScanCounts counts() const;

 private:
  enum class Look { entry, damage, nothing };

  bool pass_segment_header(bool complete);
  Look look(bool complete, Entry& entry);
  bool search(bool complete);
  [[nodiscard]] std::optional<EntryHeader> intact_header(Bytes bytes) const;
  void begin_search(std::uint64_t damaged_seq);
  void leave_or_pass_tail(bool complete, std::size_t size);
  void pass_over(std::size_t bytes);

  BlockReader blocks_;
  std::optional<SegmentHeader> header_;
  std::optional<std::uint64_t> run_;  ///< the segment's one run, once known
  bool begun_ = false;                ///< the place of the segment's header is passed
  bool searching_ = false;            ///< for an intact header, after a damaged one
  bool gave_entry_ = false;
  bool passed_damage_ = false;
  bool damaged_inside_ = false;
  std::uint64_t damaged_seq_ = 0;
  ScanCounts counts_;
};

}  // namespace icom::spool
