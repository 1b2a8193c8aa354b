#include "agent/spool/segment_scanner.hpp"

#include <cstring>

namespace icom::spool {

std::optional<Entry> SegmentScanner::next(bool complete) {
  if (gave_entry_) {
    gave_entry_ = false;
    passed_damage_ = false;
    damaged_seq_ = 0;
  }
  if (!begun_ && !pass_segment_header(complete)) return std::nullopt;
  for (;;) {
    if (searching_ && !search(complete)) return std::nullopt;
    Entry entry;
    switch (look(complete, entry)) {
      case Look::entry:
        gave_entry_ = true;
        damaged_inside_ = damaged_inside_ || passed_damage_;
        return entry;
      case Look::nothing:
        return std::nullopt;
      case Look::damage:
        break;
    }
  }
}

ScanCounts SegmentScanner::counts() const {
  ScanCounts counts = counts_;
  counts.read_errors = blocks_.read_errors();
  return counts;
}

bool SegmentScanner::pass_segment_header(bool complete) {
  const Bytes rest = blocks_.at_least(kSegmentHeaderSize);
  if (rest.size() < kSegmentHeaderSize) {
    if (complete) pass_over(rest.size());
    blocks_.forget_ahead();
    return false;
  }
  begun_ = true;
  header_ = decode_segment_header(rest);
  if (header_) {
    run_ = header_->run;
    blocks_.skip(kSegmentHeaderSize);
  } else {
    // Entries tell their own run and number: a segment is readable without its header.
    searching_ = true;
  }
  return true;
}

/// Takes the entry at offset(), passes a damaged one over, or finds that nothing more is to be had.
SegmentScanner::Look SegmentScanner::look(bool complete, Entry& entry) {
  const Bytes head = blocks_.at_least(kEntryHeaderSize);
  if (head.size() < kEntryHeaderSize) {
    leave_or_pass_tail(complete, head.size());
    return Look::nothing;
  }
  const auto header = intact_header(head);
  if (!header) {
    begin_search(0);
    return Look::damage;
  }
  const std::size_t size = header->entry_size();
  const Bytes whole = blocks_.at_least(size);
  if (whole.size() < size) {
    if (!complete) {
      blocks_.forget_ahead();
      return Look::nothing;
    }
    begin_search(header->seq);
    return Look::damage;
  }
  const Bytes payload = whole.subspan(kEntryHeaderSize, header->length);
  if (header->holds(payload)) {
    run_ = header->run;
    entry = header->entry(payload);
    blocks_.skip(size);
    return Look::entry;
  }
  if (!complete && blocks_.at_least(size + 1).size() == size) {
    // The last bytes of a file that is being written: no reason yet to give them up.
    blocks_.forget_ahead();
    return Look::nothing;
  }
  ++counts_.corrupt_entries;
  damaged_seq_ = header->seq;
  pass_over(size);
  return Look::damage;
}

/// Goes on to the next intact header. False: none so far.
bool SegmentScanner::search(bool complete) {
  for (;;) {
    const Bytes rest = blocks_.at_least(kEntryHeaderSize);
    if (rest.size() < kEntryHeaderSize) {
      if (complete) pass_over(rest.size());
      blocks_.forget_ahead();
      return false;
    }
    // Offsets below this one have room for a whole header.
    const std::size_t candidates = rest.size() - kEntryHeaderSize + 1;
    std::size_t at = 0;
    while (at < candidates) {
      const void* const marker =
          std::memchr(rest.data() + at, static_cast<int>(kEntryMarkerFirst), candidates - at);
      if (marker == nullptr) {
        at = candidates;
        break;
      }
      at = static_cast<std::size_t>(static_cast<const std::byte*>(marker) - rest.data());
      if (intact_header(rest.subspan(at))) {
        pass_over(at);
        searching_ = false;
        return true;
      }
      ++at;
    }
    pass_over(at);
  }
}

/// A frame is the Linac's to fill: an image of an entry within one must not pass for an entry, so
/// the run, which is random and not known outside, has to agree.
std::optional<EntryHeader> SegmentScanner::intact_header(Bytes bytes) const {
  auto header = decode_entry_header(bytes);
  if (header && run_ && header->run != *run_) return std::nullopt;
  return header;
}

void SegmentScanner::begin_search(std::uint64_t damaged_seq) {
  ++counts_.corrupt_entries;
  if (damaged_seq != 0) damaged_seq_ = damaged_seq;
  pass_over(1);
  searching_ = true;
}

void SegmentScanner::leave_or_pass_tail(bool complete, std::size_t size) {
  if (complete && size > 0) {
    ++counts_.corrupt_entries;
    pass_over(size);
  }
  blocks_.forget_ahead();
}

void SegmentScanner::pass_over(std::size_t bytes) {
  if (bytes == 0) return;
  counts_.corrupt_bytes += bytes;
  passed_damage_ = true;
  blocks_.skip(bytes);
}

}  // namespace icom::spool
