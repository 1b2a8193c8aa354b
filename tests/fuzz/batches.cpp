// Any entries through the link, from the agent's encoder over the gateway's decoder to the batches
// of each Linac: what comes out is what went in, or all of it is refused.
//
// Input: steps. 255 ends a batch. Others begin an entry: lowest bits its Linac, its kind, whether
// its run and its number go on from the Linac's entry before (otherwise 2 and 8 bytes say), then
// a chunk, its bytes: a frame's replace as many bytes at the front of the Linac's frame before if
// the step says so.
#include <algorithm>
#include <map>
#include <variant>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "common/link/batch_codec.hpp"
#include "gateway/ingest/batch_sorting.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"

namespace icom::fuzz {
namespace {

constexpr std::size_t kMostBytes = 256U << 10U;

struct Sent {
  link::LinkEntry entry;
  ByteVector bytes;
};

/// Makes entries of the input; remembers what each Linac's next one goes on from.
class Script {
 public:
  Sent next(std::uint8_t step, Input& input) {
    Sent sent;
    link::LinkEntry& entry = sent.entry;
    entry.linac = step & 3U;
    entry.kind = static_cast<EntryKind>(1 + (step >> 2U & 7U) % 5);
    Linac& before = linacs_[entry.linac];
    if ((step & 0x20U) != 0) before.run = 1 + input.number<std::uint16_t>();
    if ((step & 0x40U) != 0) {
      before.seq = std::max(input.number<std::uint64_t>(), std::uint64_t{1});
      before.received_us = input.number<std::int64_t>();
    } else {
      before.seq = std::max(before.seq + 1, std::uint64_t{1});
      before.received_us =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(before.received_us) + 250'000U);
    }
    entry.run = before.run;
    entry.seq = before.seq;
    entry.received_us = before.received_us;
    const Bytes chunk = input.chunk();
    sent.bytes.assign(chunk.begin(), chunk.end());
    if (entry.kind == EntryKind::frame) {
      if ((step & 0x80U) != 0 && before.frame.size() > chunk.size()) {
        append(sent.bytes, Bytes(before.frame).subspan(chunk.size()));
      }
      before.frame = sent.bytes;
    }
    return sent;
  }

 private:
  struct Linac {
    std::uint64_t run = 1;
    std::uint64_t seq = 0;
    std::int64_t received_us = 0;
    ByteVector frame;
  };
  std::map<std::uint32_t, Linac> linacs_;
};

bool same(const link::LinkEntry& a, const link::LinkEntry& b) {
  return a.linac == b.linac && a.kind == b.kind && a.run == b.run && a.seq == b.seq &&
         a.received_us == b.received_us && as_text(a.bytes) == as_text(b.bytes);
}

/// What sort_batch() promises to look at, before anything is taken.
bool may_be_taken(const std::vector<Sent>& batch, ingest::AcceptedLinacs linacs) {
  return std::ranges::all_of(batch, [&linacs](const Sent& sent) {
    const auto linac = linacs.find(sent.entry.linac);
    if (linac == linacs.end()) return false;
    ingest::RunPositions& received = linac->second.received;
    if (sent.entry.seq <= received.last_of(sent.entry.run)) return false;
    received.note(sent.entry.run, sent.entry.seq);
    return true;
  });
}

void check(const ingest::SortedBatch& sorted, const std::vector<Sent>& batch) {
  std::size_t next = 0;
  for (const auto& [entry, bytes] : batch) {
    if (entry.linac != sorted.number) continue;
    require(next < sorted.incoming.entries.size(), "no entry is lost");
    const store::IncomingEntry& came = sorted.incoming.entries[next++];
    const bool unreadable = entry.kind == EntryKind::frame && !identify(bytes);
    require(came.kind == (unreadable ? EntryKind::junk : entry.kind),
            "a frame without an identity is kept as junk");
    require(came.run == entry.run && came.seq == entry.seq &&
                came.received_us == entry.received_us && as_text(came.bytes) == as_text(bytes),
            "a Linac's entries keep their order and their bytes");
    if (came.kind == EntryKind::frame) {
      require(came.identity == *identify(bytes), "a frame has its own identity");
    }
    require(sorted.run >= 1 && (next < sorted.incoming.entries.size() ||
                                (sorted.run == entry.run && sorted.seq == entry.seq)),
            "the last position is the one to be acknowledged");
  }
  require(next == sorted.incoming.entries.size() && next > 0, "no entry is added");
}

/// The gateway's end.
class Receiver {
 public:
  void take(const std::string& compressed, const std::vector<Sent>& batch) {
    std::string error;
    auto decoded = decoder_.decode(compressed, error);
    require(decoded.has_value(), "what the encoder makes can be decoded");
    require(decoded->entries.size() == batch.size(), "no entry is lost or added on the way");
    for (std::size_t i = 0; i < batch.size(); ++i) {
      require(same(decoded->entries[i], batch[i].entry), "an entry arrives as it was sent");
    }
    const bool expected = may_be_taken(batch, linacs_);
    const ingest::AcceptedLinacs before = linacs_;
    const auto sorted = ingest::sort_batch(std::move(*decoded), linacs_);
    const auto* const taken = std::get_if<std::vector<ingest::SortedBatch>>(&sorted);
    require((taken != nullptr) == expected, "all is taken, or all is refused");
    if (taken != nullptr) {
      for (const ingest::SortedBatch& own : *taken) check(own, batch);
      return;
    }
    for (const Sent& sent : batch) {
      const auto linac = linacs_.find(sent.entry.linac);
      require(linac == linacs_.end() ||
                  linac->second.received.last_of(sent.entry.run) ==
                      before.at(sent.entry.linac).received.last_of(sent.entry.run),
              "a refused batch moves no position");
    }
  }

 private:
  link::BatchDecoder decoder_;
  ingest::AcceptedLinacs linacs_{
      {0, {"4299", 11}}, {1, {"9183", 12}}, {2, {"2619", 13}}};  // 3 is not accepted
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Script script;
  link::BatchEncoder encoder;
  Receiver receiver;
  std::vector<Sent> batch;
  std::size_t bytes = 0;
  const auto send = [&] {
    // Only now do the bytes stay where they are.
    for (Sent& sent : batch) {
      sent.entry.bytes = sent.bytes;
      encoder.add(sent.entry);
    }
    require(encoder.entries() == batch.size(), "the encoder counts");
    receiver.take(encoder.finish(), batch);
    batch.clear();
  };
  while (!input.empty() && bytes < kMostBytes) {
    const auto step = input.number<std::uint8_t>();
    if (step == 255) {
      send();
      continue;
    }
    batch.push_back(script.next(step, input));
    bytes += batch.back().bytes.size();
  }
  send();
  return 0;
}

}  // namespace icom::fuzz
