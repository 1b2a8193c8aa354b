#include "gateway/store/frame_key.hpp"

#include "gateway/store/varint.hpp"

namespace icom::store {

namespace {

constexpr std::byte kFrameKeysVersion{1};
constexpr std::uint8_t kConflictFlag = 1;

// Column by column, each value against the one before, so that a steady stream makes runs of equal
// bytes for zstd.
template <typename Value>
void encode_column(std::span<const FrameKey> keys, ByteVector& out, std::int64_t expected_step,
                   Value value) {
  std::int64_t before = 0;
  for (const FrameKey& key : keys) {
    const std::int64_t now = value(key);
    // Unsigned, because times of a broken clock may lie further apart than the type reaches.
    append_signed(out, static_cast<std::int64_t>(static_cast<std::uint64_t>(now) -
                                                 static_cast<std::uint64_t>(before) -
                                                 static_cast<std::uint64_t>(expected_step)));
    before = now;
  }
}

template <typename Assign>
void decode_column(VarintReader& in, std::span<FrameKey> keys, std::int64_t expected_step,
                   Assign assign) {
  std::uint64_t value = 0;
  for (FrameKey& key : keys) {
    value +=
        static_cast<std::uint64_t>(in.next_signed()) + static_cast<std::uint64_t>(expected_step);
    assign(key, static_cast<std::int64_t>(value));
  }
}

}  // namespace

void encode_keys(std::span<const FrameKey> keys, ByteVector& out) {
  out.push_back(kFrameKeysVersion);
  append_varint(out, keys.size());
  encode_column(keys, out, 0, [](const FrameKey& key) { return key.place.time; });
  encode_column(keys, out, 0, [](const FrameKey& key) { return key.place.sub; });
  encode_column(keys, out, 1, [](const FrameKey& key) { return key.place.arrival; });
  encode_column(keys, out, 0, [](const FrameKey& key) { return key.received_us; });
  std::uint8_t before = 0;
  for (const FrameKey& key : keys) {
    out.push_back(static_cast<std::byte>(key.counter - before - 1));
    before = key.counter;
  }
  for (const FrameKey& key : keys) {
    out.push_back(static_cast<std::byte>(key.conflict ? kConflictFlag : 0));
  }
  for (const FrameKey& key : keys) {
    append_little_endian(out, key.hash);
  }
}

void decode_keys(Bytes encoded, std::int64_t epoch, std::vector<FrameKey>& keys) {
  if (epoch < 1) {
    throw CorruptData("a key list is of an impossible epoch");
  }
  VarintReader in(encoded);
  if (in.take(1)[0] != kFrameKeysVersion) {
    throw CorruptData("a key list is of an unknown version");
  }
  const std::uint64_t count = in.next();
  if (count > encoded.size()) {  // a key takes more than a byte
    throw CorruptData("a key list has an impossible length");
  }
  const std::size_t old_size = keys.size();
  keys.resize(old_size + static_cast<std::size_t>(count));
  const std::span<FrameKey> fresh = std::span(keys).subspan(old_size);
  decode_column(in, fresh, 0, [](FrameKey& key, std::int64_t value) { key.place.time = value; });
  decode_column(in, fresh, 0, [](FrameKey& key, std::int64_t value) { key.place.sub = value; });
  decode_column(in, fresh, 1, [](FrameKey& key, std::int64_t value) { key.place.arrival = value; });
  decode_column(in, fresh, 0, [](FrameKey& key, std::int64_t value) { key.received_us = value; });
  std::uint8_t before = 0;
  for (FrameKey& key : fresh) {
    before = static_cast<std::uint8_t>(before + static_cast<std::uint8_t>(in.take(1)[0]) + 1);
    key.counter = before;
    key.place.epoch = epoch;
  }
  for (FrameKey& key : fresh) {
    key.conflict = (static_cast<std::uint8_t>(in.take(1)[0]) & kConflictFlag) != 0;
  }
  for (FrameKey& key : fresh) {
    key.hash = load_little_endian<std::uint64_t>(in.take(8).data());
  }
  if (!in.at_end()) {
    throw CorruptData("a key list has bytes left over");
  }
}

}  // namespace icom::store
