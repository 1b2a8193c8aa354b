// Entries for tests of the batch codec.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/link/batch_codec.hpp"
#include "tests/unit/icom/frame_builder.hpp"

namespace icom::link {

/// Entries and the bytes that they borrow.
class Entries {
 public:
  LinkEntry& add(std::uint32_t linac, std::uint64_t run, std::uint64_t seq, EntryKind kind,
                 ByteVector bytes) {
    bytes_.push_back(std::move(bytes));
    LinkEntry& entry = entries_.emplace_back();
    entry.linac = linac;
    entry.kind = kind;
    entry.run = run;
    entry.seq = seq;
    entry.received_us = 1'772'438'400'000'000 + static_cast<std::int64_t>(seq) * 250'013;
    entry.bytes = bytes_.back();
    return entry;
  }
  LinkEntry& add_frame(std::uint32_t linac, std::uint64_t run, std::uint64_t seq) {
    const auto tick = static_cast<unsigned>(seq);
    test::FrameSpec spec;
    spec.time = test::time_after(tick / 4);
    spec.counter = static_cast<std::uint8_t>(tick);
    spec.items = test::typical_items(test::Patient{}, tick);
    return add(linac, run, seq, EntryKind::frame, test::build_frame(spec));
  }
  LinkEntry& add_text(std::uint32_t linac, std::uint64_t run, std::uint64_t seq, EntryKind kind,
                      std::string_view text) {
    const Bytes bytes = as_bytes(text);
    return add(linac, run, seq, kind, ByteVector(bytes.begin(), bytes.end()));
  }
  const std::deque<LinkEntry>& all() const { return entries_; }

 private:
  std::deque<ByteVector> bytes_;
  std::deque<LinkEntry> entries_;
};

inline std::string encoded(BatchEncoder& encoder, const Entries& entries) {
  for (const LinkEntry& entry : entries.all()) encoder.add(entry);
  return encoder.finish();
}

/// What differs, or empty.
inline std::string difference(const Entries& sent, const DecodedBatch& came) {
  if (sent.all().size() != came.entries.size()) return "the number of entries";
  for (std::size_t i = 0; i < came.entries.size(); ++i) {
    const LinkEntry& a = sent.all()[i];
    const LinkEntry& b = came.entries[i];
    const std::string where = " of entry " + std::to_string(i);
    if (a.linac != b.linac) return "linac" + where;
    if (a.kind != b.kind) return "kind" + where;
    if (a.run != b.run) return "run" + where;
    if (a.seq != b.seq) return "seq" + where;
    if (a.received_us != b.received_us) return "received_us" + where;
    if (as_text(a.bytes) != as_text(b.bytes)) return "bytes" + where;
  }
  return "";
}

}  // namespace icom::link
