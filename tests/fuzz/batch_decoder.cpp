// Any bytes as batches of the link.
//
// Input: steps, each a byte and a chunk: the batch as it comes from the network (byte odd), or its
// plain text, which is then compressed as an agent would (byte even).
#include <algorithm>

#include "common/icom/framer.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/message_compression.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"

namespace icom::fuzz {
namespace {

void check(const link::DecodedBatch& batch) {
  require(batch.arena.size() <= link::BatchDecoder::kMaxBatchBytes, "a batch is bounded");
  require(batch.entries.size() <= link::kMaxBatchEntries, "a batch has so many entries");
  std::size_t at = 0;
  for (const link::LinkEntry& entry : batch.entries) {
    require(entry.run != 0, "an entry has a run");
    require(entry.kind >= EntryKind::frame && entry.kind <= EntryKind::hole, "kinds are known");
    require(entry.bytes.empty() || entry.bytes.data() == batch.arena.data() + at,
            "entries follow each other in the arena");
    at += entry.bytes.size();
  }
  require(at == batch.arena.size(), "the arena holds the entries and nothing else");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  link::MessageCompressor compressor;
  link::BatchDecoder decoder;
  bool broken = false;
  while (!input.empty()) {
    const bool is_compressed = (input.number<std::uint8_t>() & 1U) != 0;
    const std::string_view bytes = as_text(input.chunk());
    std::string error;
    const auto batch =
        decoder.decode(is_compressed ? std::string(bytes) : compressor.compress(bytes), error);
    require(batch.has_value() == error.empty(), "a batch, or why there is none");
    require(!batch || !broken, "after a refused batch nothing is taken");
    broken = !batch;
    if (batch) check(*batch);
  }
  return 0;
}

}  // namespace icom::fuzz
