// What stands intact in a spool, found the plain way: all of a segment in memory, one offset after
// the other, as docs/storage.md has it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "agent/spool/entry_header.hpp"
#include "agent/spool/segment_files.hpp"
#include "common/icom/bytes.hpp"

namespace icom::fuzz {

/// Where an entry stands. Borrows from the segment.
struct Intact {
  spool::EntryHeader header;
  Bytes payload;
};

inline std::optional<spool::SegmentHeader> segment_header_of(Bytes segment) {
  if (segment.size() < spool::kSegmentHeaderSize) return std::nullopt;
  return spool::decode_segment_header(segment);
}

/// Of a segment to which nothing will be added any more.
inline std::vector<Intact> intact_entries(Bytes segment) {
  std::vector<Intact> found;
  if (segment.size() < spool::kSegmentHeaderSize) return found;
  std::optional<std::uint64_t> run;
  std::size_t at = 0;
  if (const auto header = segment_header_of(segment)) {
    run = header->run;
    at = spool::kSegmentHeaderSize;
  }
  while (at + spool::kEntryHeaderSize <= segment.size()) {
    const auto header = spool::decode_entry_header(segment.subspan(at));
    const std::size_t left = segment.size() - at;
    if (!header || (run && header->run != *run) || header->entry_size() > left) {
      ++at;
      continue;
    }
    const Bytes payload = segment.subspan(at + spool::kEntryHeaderSize, header->length);
    if (header->holds(payload)) {
      run = header->run;
      found.push_back({*header, payload});
    }
    at += header->entry_size();
  }
  return found;
}

}  // namespace icom::fuzz
