#include <unordered_map>

#include "common/icom/delta_codec.hpp"
#include "common/link/batch_checksum.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"
#include "common/link/message_compression.hpp"
#include "common/link/read_message.hpp"

namespace icom::link {
namespace {

std::optional<EntryKind> kind_of(std::uint32_t number) {
  if (number == 0) return EntryKind::frame;
  if (number < static_cast<std::uint32_t>(EntryKind::frame) ||
      number > static_cast<std::uint32_t>(EntryKind::hole)) {
    return std::nullopt;
  }
  return static_cast<EntryKind>(number);
}

}  // namespace

struct BatchDecoder::State {
  /// What the Linac's next entry is coded against.
  struct Linac {
    DeltaDecoder delta;
    std::uint64_t run = 0;
    std::uint64_t seq = 0;
    std::uint64_t received_us = 0;
  };

  /// Appends the entry and its bytes; says what is wrong, or null. `bytes` of the new entry is left
  /// empty, since the arena may still move.
  const char* append(const Entry& coded, DecodedBatch& to);
  const char* decode(std::string_view compressed, DecodedBatch& to);

  std::unordered_map<std::uint32_t, Linac> linacs;
  MessageDecompressor decompressor;
  BatchChecksum checksum;
  bool broken = false;
};

const char* BatchDecoder::State::append(const Entry& coded, DecodedBatch& to) {
  if (linacs.size() >= kMaxLinacs && !linacs.contains(coded.linac())) return "too many Linacs";
  const std::optional<EntryKind> kind = kind_of(coded.kind());
  if (!kind) return "an entry of unknown kind";

  Linac& before = linacs[coded.linac()];
  if (coded.run() != 0) {
    if (coded.run() != before.run) before.seq = 0;
    before.run = coded.run();
  }
  if (before.run == 0) return "an entry without a run";
  before.seq = coded.seq() != 0 ? coded.seq() : before.seq + 1;
  before.received_us += static_cast<std::uint64_t>(coded.received_us());

  const Bytes code = as_bytes(coded.code());
  if (*kind == EntryKind::frame) {
    if (!before.delta.decode(code, to.arena)) return "a frame that does not fit the one before";
  } else {
    icom::append(to.arena, code);
  }
  if (to.arena.size() > kMaxBatchBytes) return "more bytes than a batch may hold";

  LinkEntry& entry = to.entries.emplace_back();
  entry.linac = coded.linac();
  entry.kind = *kind;
  entry.run = before.run;
  entry.seq = before.seq;
  entry.received_us = static_cast<std::int64_t>(before.received_us);
  return nullptr;
}

const char* BatchDecoder::State::decode(std::string_view compressed, DecodedBatch& to) {
  std::string plain;
  if (!decompressor.decompress(compressed, kMaxBatchBytes, plain)) return "bad compressed data";
  Batch batch;
  if (!read_message(plain, batch)) return "not a batch";
  plain = {};  // the batch has its own copy; a connection must not hold both

  std::vector<std::size_t> ends;
  ends.reserve(static_cast<std::size_t>(batch.entries_size()));
  to.entries.reserve(ends.capacity());
  for (const Entry& coded : batch.entries()) {
    if (const char* wrong = append(coded, to)) return wrong;
    ends.push_back(to.arena.size());
  }

  const Bytes arena = to.arena;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    to.entries[i].bytes = arena.subspan(begin, ends[i] - begin);
    begin = ends[i];
    checksum.add(to.entries[i]);
  }
  if (checksum.finish() != batch.checksum()) return "a batch whose checksum does not fit";
  return nullptr;
}

BatchDecoder::BatchDecoder() : state_(std::make_unique<State>()) {}
BatchDecoder::~BatchDecoder() = default;

std::optional<DecodedBatch> BatchDecoder::decode(std::string_view compressed, std::string& error) {
  if (state_->broken) {
    error = "the stream was broken by an earlier batch";
    return std::nullopt;
  }
  DecodedBatch batch;
  if (const char* wrong = state_->decode(compressed, batch)) {
    state_->broken = true;
    error = wrong;
    return std::nullopt;
  }
  return batch;
}

}  // namespace icom::link
