#include "agent/spool/entry_batch.hpp"

namespace icom::spool {

void EntryBatch::clear() {
  entries_.clear();
  headers_.clear();
}

void EntryBatch::add(const Entry& entry) {
  headers_.push_back(encode_entry_header(entry));
  entries_.push_back(entry);
}

std::span<const Bytes> EntryBatch::parts() {
  // Only now: while headers were being added, they moved.
  parts_.clear();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    parts_.emplace_back(headers_[i]);
    parts_.emplace_back(entries_[i].bytes);
  }
  return parts_;
}

EntryBatch::Whole EntryBatch::whole_in(std::size_t written) const {
  Whole whole;
  for (const auto& entry : entries_) {
    const auto end = whole.bytes + kEntryHeaderSize + entry.bytes.size();
    if (end > written) break;
    whole = {.entries = whole.entries + 1, .bytes = end};
  }
  return whole;
}

}  // namespace icom::spool
