// Entries laid out for one write.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "agent/spool/entry_header.hpp"

namespace icom::spool {

/// Borrows each entry's bytes until clear(), which keeps the memory for the next batch. Not
/// thread-safe.
class EntryBatch {
 public:
  void clear();
  /// Precondition: entry.bytes.size() <= kMaxEntryBytes.
  void add(const Entry& entry);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// Headers and bytes in turn. Valid until the next add() or clear().
  std::span<const Bytes> parts();

  struct Whole {
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };
  /// The entries that are complete in the first `written` bytes.
  [[nodiscard]] Whole whole_in(std::size_t written) const;

 private:
  std::vector<Entry> entries_;
  std::vector<EntryHeaderBytes> headers_;
  std::vector<Bytes> parts_;
};

}  // namespace icom::spool
