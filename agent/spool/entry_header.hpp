// The 48 bytes before each entry's own bytes in a segment. Layout: docs/storage.md, "The spool".
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "agent/spool/spool_format.hpp"

namespace icom::spool {

inline constexpr std::size_t kEntryHeaderSize = 48;
/// The first byte of every entry header: what a reader looks for after damage.
inline constexpr std::byte kEntryMarkerFirst{0xE7};

using EntryHeaderBytes = std::array<std::byte, kEntryHeaderSize>;

/// A header that stands: its own checksum is right. Whether the bytes behind it are those that were
/// written is another question, which holds() answers: so damage in a payload costs that entry
/// alone, its length can be trusted.
struct EntryHeader {
  EntryKind kind = EntryKind::frame;
  bool has_patient = false;
  std::uint64_t run = 0;
  std::uint64_t seq = 0;
  std::int64_t received_us = 0;
  std::uint32_t length = 0;
  std::uint64_t payload_checksum = 0;

  [[nodiscard]] std::size_t entry_size() const { return kEntryHeaderSize + length; }
  /// Precondition: payload.size() == length.
  [[nodiscard]] bool holds(Bytes payload) const;
  /// The entry, borrowing `payload`.
  [[nodiscard]] Entry entry(Bytes payload) const;
};

/// Precondition: entry.bytes.size() <= kMaxEntryBytes.
EntryHeaderBytes encode_entry_header(const Entry& entry);

/// Nothing if these bytes are no intact header. Precondition: at least kEntryHeaderSize bytes.
std::optional<EntryHeader> decode_entry_header(Bytes bytes);

}  // namespace icom::spool
