#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

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

/// A serialized batch: its entries' code, and what stands beside it.
constexpr std::size_t kMaxPlainBytes =
    BatchDecoder::kMaxBatchBytes + kMaxBatchEntries * sizeof(LinkEntry);

/// Reads a serialized Batch entry by entry. The generated code would make an object of 80 bytes out
/// of each two bytes before anybody could count them. That holds for the fields of an entry as
/// well: those that are not known would be kept.
class BatchReader {
 public:
  explicit BatchReader(std::string_view plain)
      : plain_(plain),
        input_(reinterpret_cast<const std::uint8_t*>(plain.data()),
               static_cast<int>(plain.size())) {}

  /// Reads the next entry into `entry`; false at the end, or where the bytes are no batch.
  bool next(Entry& entry) {
    using WireFormat = google::protobuf::internal::WireFormatLite;
    for (;;) {
      const std::uint32_t tag = input_.ReadTag();
      if (tag == 0) {
        is_whole_ = input_.ConsumedEntireMessage();
        return false;
      }
      if (tag == kEntriesTag) {
        std::uint32_t size = 0;
        if (!input_.ReadVarint32(&size)) return false;
        const auto at = static_cast<std::size_t>(input_.CurrentPosition());
        if (size > plain_.size() - at) return false;
        entry.Clear();
        if (!read_message(plain_.substr(at, size), entry, kMaxEntryParts)) return false;
        input_.Skip(static_cast<int>(size));
        return true;
      }
      const bool read = tag == kChecksumTag ? input_.ReadLittleEndian64(&checksum_)
                                            : WireFormat::SkipField(&input_, tag);
      if (!read) return false;
    }
  }
  /// After next() returned false: the bytes were a batch to their end.
  [[nodiscard]] bool is_whole() const { return is_whole_; }
  [[nodiscard]] std::uint64_t checksum() const { return checksum_; }

 private:
  // Field 1, length-delimited; field 2, eight bytes.
  static constexpr std::uint32_t kEntriesTag = Batch::kEntriesFieldNumber << 3U | 2U;
  static constexpr std::uint32_t kChecksumTag = Batch::kChecksumFieldNumber << 3U | 1U;

  std::string_view plain_;
  google::protobuf::io::CodedInputStream input_;
  std::uint64_t checksum_ = 0;
  bool is_whole_ = false;
};

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
  /// Those of the batch before: batches of a backlog are alike, and memory that grows step by step
  /// is new to the kernel at each step.
  std::size_t usual_bytes = 0;
  std::size_t usual_entries = 0;
  bool broken = false;
};

const char* BatchDecoder::State::append(const Entry& coded, DecodedBatch& to) {
  if (linacs.size() >= kMaxSpools && !linacs.contains(coded.linac())) return "too many Linacs";
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
  if (!decompressor.decompress(compressed, kMaxPlainBytes, plain)) return "bad compressed data";
  BatchReader reader(plain);
  Entry coded;
  std::vector<std::size_t> ends;
  ends.reserve(usual_entries);
  to.entries.reserve(usual_entries);
  to.arena.reserve(usual_bytes);
  while (reader.next(coded)) {
    if (ends.size() == kMaxBatchEntries) return "more entries than a batch may hold";
    if (const char* wrong = append(coded, to)) return wrong;
    ends.push_back(to.arena.size());
  }
  if (!reader.is_whole()) return "not a batch";
  usual_bytes = to.arena.size();
  usual_entries = ends.size();
  // What waits for the store is bounded by its size, so room that is not used must not wait with
  // it.
  if (to.arena.capacity() > 2 * to.arena.size()) to.arena.shrink_to_fit();
  if (to.entries.capacity() > 2 * to.entries.size()) to.entries.shrink_to_fit();

  const Bytes arena = to.arena;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    to.entries[i].bytes = arena.subspan(begin, ends[i] - begin);
    begin = ends[i];
    checksum.add(to.entries[i]);
  }
  if (checksum.finish() != reader.checksum()) return "a batch whose checksum does not fit";
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
