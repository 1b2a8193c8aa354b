#include <unordered_map>

#include "common/icom/delta_codec.hpp"
#include "common/link/batch_checksum.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/link.pb.h"
#include "common/link/message_compression.hpp"

namespace icom::link {

struct BatchEncoder::State {
  /// What the Linac's next entry is coded against.
  struct Linac {
    DeltaEncoder delta;
    std::uint64_t run = 0;
    std::uint64_t seq = 0;
    std::uint64_t received_us = 0;
  };

  std::unordered_map<std::uint32_t, Linac> linacs;
  MessageCompressor compressor;
  BatchChecksum checksum;
  Batch batch;
  ByteVector code;
  std::size_t raw_bytes = 0;
};

BatchEncoder::BatchEncoder() : state_(std::make_unique<State>()) {}
BatchEncoder::~BatchEncoder() = default;

void BatchEncoder::add(const LinkEntry& entry) {
  State::Linac& before = state_->linacs[entry.linac];
  Entry& coded = *state_->batch.add_entries();
  coded.set_linac(entry.linac);
  if (entry.kind == EntryKind::frame) {
    state_->code.clear();
    before.delta.encode(entry.bytes, state_->code);
    coded.set_code(state_->code.data(), state_->code.size());
  } else {
    coded.set_kind(static_cast<std::uint32_t>(entry.kind));
    coded.set_code(entry.bytes.data(), entry.bytes.size());
  }
  if (entry.run != before.run) {
    coded.set_run(entry.run);
    before.seq = 0;
  }
  if (entry.seq != before.seq + 1) coded.set_seq(entry.seq);
  // Unsigned, so that a clock that jumped anywhere wraps around instead of overflowing.
  const auto received_us = static_cast<std::uint64_t>(entry.received_us);
  coded.set_received_us(static_cast<std::int64_t>(received_us - before.received_us));
  before.run = entry.run;
  before.seq = entry.seq;
  before.received_us = received_us;
  state_->checksum.add(entry);
  state_->raw_bytes += entry.bytes.size();
}

std::size_t BatchEncoder::entries() const {
  return static_cast<std::size_t>(state_->batch.entries_size());
}

std::size_t BatchEncoder::raw_bytes() const {
  return state_->raw_bytes;
}

std::string BatchEncoder::finish() {
  state_->batch.set_checksum(state_->checksum.finish());
  std::string compressed = state_->compressor.compress(state_->batch.SerializeAsString());
  state_->batch.Clear();
  state_->raw_bytes = 0;
  return compressed;
}

}  // namespace icom::link
