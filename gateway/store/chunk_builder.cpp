#include "gateway/store/chunk_builder.hpp"

#include "gateway/store/chunk_limits.hpp"
#include "gateway/store/frame_unpacker.hpp"
#include "gateway/store/varint.hpp"

namespace icom::store {

namespace {

// A builder that is idle does not hold on to the memory of its busiest moment.
constexpr std::size_t kKeptCapacity = 16U << 10U;

void clear_for_reuse(ByteVector& bytes) {
  bytes.clear();
  if (bytes.capacity() > kKeptCapacity) {
    bytes.shrink_to_fit();
  }
}

ByteVector compressed_keys(std::span<const FrameKey> keys, ZstdCodec& zstd) {
  ByteVector plain;
  encode_keys(keys, plain);
  const Bytes compressed = zstd.compress(plain);
  return {compressed.begin(), compressed.end()};
}

}  // namespace

void ChunkBuilder::load_tail(Database& database, ZstdCodec& zstd) {
  FrameUnpacker unpacker;
  ByteVector keys;
  Bytes last;
  Query rows(database,
             "SELECT epoch, raw_bytes, keys, data FROM tail WHERE linac = ? ORDER BY part");
  rows.bind(linac_);
  while (rows.step()) {
    zstd.decompress(rows.blob(2), keys);
    const std::size_t first = keys_.size();
    decode_keys(keys, rows.integer(0), keys_);
    raw_bytes_ += static_cast<std::size_t>(rows.integer(1));
    unpacker.open(rows.blob(3), zstd);
    for (std::size_t i = first; i < keys_.size(); ++i) {
      last = unpacker.next(keys_[i]);
    }
  }
  in_tail_ = keys_.size();
  raw_in_tail_ = raw_bytes_;
  if (!keys_.empty()) {
    // The encoder needs the frame before; its code is not used.
    encoder_.encode(last, code_);
    code_.clear();
  }
}

bool ChunkBuilder::accepts(const FramePlace& place) const {
  if (keys_.empty()) {
    return true;
  }
  const FramePlace& first = keys_.front().place;
  return !is_full() && place.epoch == first.epoch && place > keys_.back().place &&
         place.time - first.time <= kMaxChunkSeconds;
}

bool ChunkBuilder::is_full() const {
  return keys_.size() >= kMaxChunkFrames || raw_bytes_ >= kFullChunkBytes;
}

void ChunkBuilder::add(const FrameKey& key, Bytes frame) {
  code_.clear();
  encoder_.encode(frame, code_);
  append_varint(codes_, code_.size());
  append(codes_, code_);
  keys_.push_back(key);
  raw_bytes_ += frame.size();
}

void ChunkBuilder::seal(Database& database, ZstdCodec& zstd) {
  if (keys_.empty()) {
    return;
  }
  ByteVector codes;
  if (in_tail_ > 0) {
    ByteVector part;
    Query rows(database, "SELECT data FROM tail WHERE linac = ? ORDER BY part");
    rows.bind(linac_);
    while (rows.step()) {
      zstd.decompress(rows.blob(0), part);
      append(codes, part);
    }
  }
  append(codes, codes_);

  const ByteVector keys = compressed_keys(keys_, zstd);
  const Bytes data = zstd.compress(codes);
  Query insert(database,
               "INSERT INTO chunk (linac, epoch, first_time, last_time, frames, raw_bytes, keys, "
               "data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(linac_, keys_.front().place.epoch, keys_.front().place.time, keys_.back().place.time,
              static_cast<std::int64_t>(keys_.size()), static_cast<std::int64_t>(raw_bytes_), keys,
              data);
  insert.run();
  if (in_tail_ > 0) {
    Query remove(database, "DELETE FROM tail WHERE linac = ?");
    remove.bind(linac_);
    remove.run();
  }
  encoder_.reset();
  keys_.clear();
  in_tail_ = 0;
  raw_bytes_ = 0;
  raw_in_tail_ = 0;
  clear_for_reuse(codes_);
}

void ChunkBuilder::flush_to_tail(Database& database, ZstdCodec& zstd) {
  if (in_tail_ == keys_.size()) {
    return;
  }
  const auto fresh = std::span(keys_).subspan(in_tail_);
  const ByteVector keys = compressed_keys(fresh, zstd);
  const Bytes data = zstd.compress(codes_);
  Query insert(database,
               "INSERT INTO tail (linac, part, epoch, frames, raw_bytes, keys, data) "
               "VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.bind(linac_, static_cast<std::int64_t>(in_tail_), fresh.front().place.epoch,
              static_cast<std::int64_t>(fresh.size()),
              static_cast<std::int64_t>(raw_bytes_ - raw_in_tail_), keys, data);
  insert.run();
  in_tail_ = keys_.size();
  raw_in_tail_ = raw_bytes_;
  clear_for_reuse(codes_);
}

}  // namespace icom::store
