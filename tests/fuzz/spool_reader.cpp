// Any bytes as a spool's segments: the reader gives what stands intact in them, and tells what does
// not.
//
// Input: a byte of flags (1: right checksums are put in, so that any field may be anything; 2: a
// number is left out between segments), a byte that says how many entries are read before the
// gateway has stored them, then chunks, each a segment. A last segment of a run of its own is
// added.
#include "agent/spool/spool_reader.hpp"

#include <xxhash.h>

#include <map>

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/plain_spool_scan.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::fuzz {
namespace {

struct Segment {
  ByteVector bytes;
  std::optional<spool::SegmentHeader> header{};
  std::vector<Intact> entries{};  ///< borrow from `bytes`
};
using Segments = std::vector<Segment>;
using Positions = std::map<std::uint64_t, std::uint64_t>;  // by run

constexpr std::size_t kMostSegments = 6;
constexpr std::uint64_t kLastRun = 0xF0F0F0F0F0F0F0F0;
const std::filesystem::path kSpool = "/spool/4299";

std::uint64_t stored_in(const Positions& stored, std::uint64_t run) {
  const auto found = stored.find(run);
  return found == stored.end() ? 0 : found->second;
}

template <typename Unsigned>
void put_checksum(std::byte* from, std::size_t size, std::byte* to) {
  store_little_endian(to, static_cast<Unsigned>(XXH3_64bits(from, size)));
}

/// Whatever looks like a header gets the checksums that make it one.
void make_right(ByteVector& segment) {
  if (segment.size() < spool::kSegmentHeaderSize) return;
  put_checksum<std::uint64_t>(segment.data(), 40, segment.data() + 40);
  for (std::size_t at = 0; at + spool::kEntryHeaderSize <= segment.size(); ++at) {
    std::byte* const header = segment.data() + at;
    if (load_little_endian<std::uint32_t>(header) != 0xA50D1CE7U) continue;
    const auto length = load_little_endian<std::uint32_t>(header + 4);
    if (length <= segment.size() - at - spool::kEntryHeaderSize) {
      put_checksum<std::uint64_t>(header + spool::kEntryHeaderSize, length, header + 36);
    }
    put_checksum<std::uint32_t>(header, 44, header + 44);
  }
}

ByteVector last_segment(std::uint64_t number) {
  ByteVector segment;
  append(segment, spool::encode_segment_header({kLastRun, number, 1}));
  append(segment, spool::encode_entry_header(
                      {.kind = EntryKind::junk, .run = kLastRun, .seq = 1, .bytes = {}}));
  return segment;
}

/// The intact entries that are still to be sent, in order.
std::vector<Intact> to_be_given(const Segments& segments, const Positions& stored) {
  std::vector<Intact> expected;
  std::uint64_t run = 0;
  std::uint64_t last = 0;
  for (const auto& [bytes, own, entries] : segments) {
    for (const Intact& entry : entries) {
      if (entry.header.run != run) {
        run = entry.header.run;
        last = stored_in(stored, run);
      }
      if (entry.header.seq <= last) continue;
      last = entry.header.seq;
      expected.push_back(entry);
    }
    if (own && own->run != run) {
      run = own->run;
      last = stored_in(stored, run);
    }
  }
  return expected;
}

bool is_hole_of_the_reader(const spool::Entry& entry) {
  const Hole hole = decode_hole(entry.bytes);
  return entry.kind == EntryKind::hole && hole.frames == 0 &&
         (hole.reason == "corrupt" || hole.reason == "missing");
}

bool is(const spool::Entry& given, const Intact& expected) {
  return given.kind == expected.header.kind && given.run == expected.header.run &&
         given.seq == expected.header.seq && given.received_us == expected.header.received_us &&
         given.has_patient == expected.header.has_patient &&
         as_text(given.bytes) == as_text(expected.payload);
}

/// Reads on until `most` intact entries are given, or the end. Returns where the reader stands.
/// `in_order`: the segments are as a writer left them, so that numbers have an order.
Positions read(spool::SpoolReader& reader, const std::vector<Intact>& expected, std::size_t most,
               Positions stored, bool in_order) {
  std::uint64_t run = 0;
  std::size_t next = 0;
  while (next < std::min(most, expected.size() + 1)) {
    const auto entry = reader.next();
    if (!entry) {
      require(next == expected.size(), "every intact entry is given, whatever is around it");
      require(!reader.next(), "the end is the end");
      return stored;
    }
    const std::uint64_t last = stored_in(stored, entry->run);
    if (next < expected.size() && is(*entry, expected[next])) {
      // A hole that the writer left stands for the numbers before it too.
      require(!in_order || entry->run != run || entry->seq == last + 1 ||
                  entry->kind == EntryKind::hole,
              "no number is passed over in silence");
      ++next;
    } else {
      require(is_hole_of_the_reader(*entry), "nothing is given that does not stand in the spool");
    }
    require(!in_order || entry->run != run || entry->seq > last, "numbers rise within a run");
    run = entry->run;
    stored[run] = entry->seq;
  }
  return stored;
}

/// True where a writer could have left these segments so, apart from damage.
bool could_be_written(const Segments& segments) {
  Positions last;
  std::uint64_t run = 0;
  const auto goes_on = [&](std::uint64_t of_run, std::uint64_t seq) {
    if (of_run != run && last.contains(of_run)) return false;
    run = of_run;
    return seq > std::exchange(last[run], seq);
  };
  for (const auto& [bytes, own, entries] : segments) {
    if (own) {
      if (own->run != run && last.contains(own->run)) return false;
      run = own->run;
      if (own->first_seq <= last[run]) return false;  // numbers begin at 1
    }
    for (const Intact& entry : entries) {
      if (!goes_on(entry.header.run, entry.header.seq)) return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto flags = input.number<std::uint8_t>();
  const std::size_t read_first = input.number<std::uint8_t>();
  Segments segments;
  while (!input.empty() && segments.size() < kMostSegments) {
    const Bytes bytes = input.chunk();
    segments.push_back({{bytes.begin(), bytes.end()}});
    if ((flags & 1U) != 0) make_right(segments.back().bytes);
  }
  const std::uint64_t step = (flags & 2U) != 0 ? 2 : 1;
  segments.push_back({last_segment(1 + segments.size() * step)});
  os::FaultingFileSystem files;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    segments[i].header = segment_header_of(segments[i].bytes);
    segments[i].entries = intact_entries(segments[i].bytes);
    files.put(spool::segment_path(kSpool, 1 + i * step), segments[i].bytes);
  }

  spool::SpoolReader reader(files, kSpool);
  reader.runs();
  const auto all = to_be_given(segments, {});
  const bool in_order = could_be_written(segments);
  read(reader, all, all.size() + 1, {}, in_order);
  if (!in_order) return 0;

  // The gateway has stored some: they go, and nothing else.
  reader.rewind([](std::uint64_t) { return 0; });
  const Positions stored = read(reader, all, read_first, {}, in_order);
  if (!stored.empty() && read_first > 0 && read_first <= all.size()) {
    const std::uint64_t run = all[read_first - 1].header.run;
    reader.release(run, stored_in(stored, run));
  }
  spool::SpoolReader later(files, kSpool);
  later.rewind([&stored](std::uint64_t run) { return stored_in(stored, run); });
  const auto rest = to_be_given(segments, stored);
  read(later, rest, rest.size() + 1, stored, in_order);
  require(later.counts().read_errors == 0, "an intact disk has no read errors");
  return 0;
}

}  // namespace icom::fuzz
