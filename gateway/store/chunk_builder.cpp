#include "gateway/store/chunk_builder.hpp"

#include <optional>

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

std::int64_t ChunkBuilder::load_tail(Database& database, ZstdCodec& zstd) {
  FrameUnpacker unpacker;
  std::optional<std::size_t> damaged_from;
  {
    Query rows(database,
               "SELECT epoch, raw_bytes, keys, data FROM tail WHERE linac = ? ORDER BY part");
    rows.bind(linac_);
    while (!damaged_from && rows.step()) {
      const std::size_t first = keys_.size();
      try {
        ByteVector plain;
        zstd.decompress(rows.blob(2), plain);
        decode_keys(plain, rows.integer(0), keys_);
        unpacker.open(rows.blob(3), zstd);
        for (std::size_t i = first; i < keys_.size(); ++i) {
          unpacker.next(keys_[i]);
        }
        raw_bytes_ += static_cast<std::size_t>(rows.integer(1));
      } catch (const CorruptData&) {
        keys_.resize(first);
        damaged_from = first;
      }
    }
  }
  if (damaged_from) {
    const std::int64_t frames = set_aside(database, *damaged_from);
    // Within the damaged row some frames may have been read: what is coded next must not hang on
    // them.
    in_tail_ = keys_.size();
    raw_in_tail_ = raw_bytes_;
    seal(database, zstd);
    return frames;
  }
  in_tail_ = keys_.size();
  raw_in_tail_ = raw_bytes_;
  // Not by the last frame's bytes: its items are where whoever reads all codes up to it finds them.
  encoder_.go_on_after(unpacker.decoder());
  return 0;
}

std::int64_t ChunkBuilder::set_aside(Database& database, std::size_t from_part) {
  const auto part = static_cast<std::int64_t>(from_part);
  Query frames(database, "SELECT sum(frames) FROM tail WHERE linac = ? AND part >= ?");
  frames.bind(linac_, part);
  const std::int64_t count = frames.step() ? frames.integer(0) : 0;
  Query keep(database,
             "INSERT INTO damaged_tail (linac, part, epoch, frames, raw_bytes, keys, data) "
             "SELECT linac, part, epoch, frames, raw_bytes, keys, data FROM tail "
             "WHERE linac = ? AND part >= ?");
  keep.bind(linac_, part);
  keep.run();
  Query remove(database, "DELETE FROM tail WHERE linac = ? AND part >= ?");
  remove.bind(linac_, part);
  remove.run();
  return count;
}

bool ChunkBuilder::accepts(const FramePlace& place, std::size_t bytes) const {
  if (keys_.empty()) {
    return true;
  }
  const FramePlace& first = keys_.front().place;
  return !is_full() && raw_bytes_ + bytes <= kFullChunkBytes && place.epoch == first.epoch &&
         place > keys_.back().place && place.time - first.time <= kMaxChunkSeconds;
}

bool ChunkBuilder::is_full() const {
  return keys_.size() >= kMaxChunkFrames || raw_bytes_ >= kFullChunkBytes ||
         coded_in_chunk_ >= kFullChunkCodes;
}

void ChunkBuilder::add(const FrameKey& key, Bytes frame) {
  code_.clear();
  encoder_.encode(frame, code_);
  append_varint(codes_, code_.size());
  append(codes_, code_);
  coded_in_chunk_ += code_.size();
  coded_ += std::ssize(code_);
  keys_.push_back(key);
  raw_bytes_ += frame.size();
}

ChunkBuilder::Packed ChunkBuilder::pack(Database& database, ZstdCodec& zstd) const {
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
  Packed packed;
  packed.keys = compressed_keys(keys_, zstd);
  const Bytes data = zstd.compress(codes);
  packed.data.assign(data.begin(), data.end());
  return packed;
}

std::optional<std::int64_t> ChunkBuilder::seal(Database& database, ZstdCodec& zstd) {
  if (keys_.empty()) {
    return std::nullopt;
  }
  const Packed packed = pack(database, zstd);
  Query insert(database,
               "INSERT INTO chunk (linac, epoch, first_time, last_time, frames, raw_bytes, keys, "
               "data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(linac_, keys_.front().place.epoch, keys_.front().place.time, keys_.back().place.time,
              static_cast<std::int64_t>(keys_.size()), static_cast<std::int64_t>(raw_bytes_),
              packed.keys, packed.data);
  insert.run();
  const std::int64_t chunk = database.last_inserted_id();
  const FramePlace& first = keys_.front().place;
  const FramePlace& last = keys_.back().place;
  Query place(database,
              "INSERT INTO chunk_place (linac, late, epoch, time, sub, arrival, last_time, "
              "last_sub, last_arrival, chunk) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  place.bind(linac_, kind_ == ChunkKind::late, first.epoch, first.time, first.sub, first.arrival,
             last.time, last.sub, last.arrival, chunk);
  place.run();
  start_anew(database);
  return chunk;
}

void ChunkBuilder::start_anew(Database& database) {
  if (in_tail_ > 0) {
    Query remove(database, "DELETE FROM tail WHERE linac = ?");
    remove.bind(linac_);
    remove.run();
  }
  encoder_.reset();
  keys_.clear();
  in_tail_ = 0;
  raw_bytes_ = 0;
  coded_in_chunk_ = 0;
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
