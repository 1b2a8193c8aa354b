#include "agent/spool/entry_header.hpp"

#include <xxhash.h>

#include <algorithm>

namespace icom::spool {

namespace {

constexpr std::array<std::byte, 4> kMarker{kEntryMarkerFirst, std::byte{0x1C}, std::byte{0x0D},
                                           std::byte{0xA5}};

// Offsets in the header; what lies between the last field and its checksum is covered by it.
constexpr std::size_t kLength = 4;
constexpr std::size_t kRun = 8;
constexpr std::size_t kSeq = 16;
constexpr std::size_t kReceived = 24;
constexpr std::size_t kKind = 32;
constexpr std::size_t kFlags = 33;
constexpr std::size_t kPayloadChecksum = 36;
constexpr std::size_t kHeaderChecksum = 44;
static_assert(kHeaderChecksum + sizeof(std::uint32_t) == kEntryHeaderSize);

constexpr std::byte kHasPatient{0x01};

std::uint64_t payload_checksum_of(Bytes payload) {
  return XXH3_64bits(payload.data(), payload.size());
}

std::uint32_t header_checksum(const std::byte* header) {
  return static_cast<std::uint32_t>(XXH3_64bits(header, kHeaderChecksum));
}

bool is_known(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(EntryKind::frame) &&
         kind <= static_cast<std::uint8_t>(EntryKind::hole);
}

}  // namespace

bool EntryHeader::holds(Bytes payload) const {
  return payload_checksum_of(payload) == payload_checksum;
}

Entry EntryHeader::entry(Bytes payload) const {
  return {.kind = kind,
          .run = run,
          .seq = seq,
          .received_us = received_us,
          .has_patient = has_patient,
          .bytes = payload};
}

EntryHeaderBytes encode_entry_header(const Entry& entry) {
  EntryHeaderBytes header{};
  std::byte* const at = header.data();
  std::copy(kMarker.begin(), kMarker.end(), at);
  store_little_endian(at + kLength, static_cast<std::uint32_t>(entry.bytes.size()));
  store_little_endian(at + kRun, entry.run);
  store_little_endian(at + kSeq, entry.seq);
  store_little_endian(at + kReceived, static_cast<std::uint64_t>(entry.received_us));
  at[kKind] = static_cast<std::byte>(entry.kind);
  at[kFlags] = entry.has_patient ? kHasPatient : std::byte{0};
  store_little_endian(at + kPayloadChecksum, payload_checksum_of(entry.bytes));
  store_little_endian(at + kHeaderChecksum, header_checksum(at));
  return header;
}

std::optional<EntryHeader> decode_entry_header(Bytes bytes) {
  const std::byte* const at = bytes.data();
  if (!std::equal(kMarker.begin(), kMarker.end(), at)) return std::nullopt;
  if (load_little_endian<std::uint32_t>(at + kHeaderChecksum) != header_checksum(at)) {
    return std::nullopt;
  }
  const auto kind = static_cast<std::uint8_t>(at[kKind]);
  EntryHeader header{
      .kind = static_cast<EntryKind>(kind),
      .has_patient = (at[kFlags] & kHasPatient) != std::byte{0},
      .run = load_little_endian<std::uint64_t>(at + kRun),
      .seq = load_little_endian<std::uint64_t>(at + kSeq),
      .received_us = static_cast<std::int64_t>(load_little_endian<std::uint64_t>(at + kReceived)),
      .length = load_little_endian<std::uint32_t>(at + kLength),
      .payload_checksum = load_little_endian<std::uint64_t>(at + kPayloadChecksum)};
  if (!is_known(kind) || header.length > kMaxEntryBytes) return std::nullopt;
  return header;
}

}  // namespace icom::spool
