// What the store knows of a frame without decoding it. docs/storage.md, "Keys".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/icom/frame_identity.hpp"
#include "gateway/records/frame_place.hpp"

namespace icom::store {

struct FrameKey {
  FramePlace place;
  std::uint64_t hash = 0;
  std::int64_t received_us = 0;  ///< microseconds since 1970, UTC, by the agent's clock
  std::uint8_t counter = 0;
  bool conflict = false;  ///< another frame of the same time and counter came before it

  [[nodiscard]] FrameIdentity identity() const { return {place.time, counter, hash}; }
};

/// Appends the keys of one chunk or tail row. All are of one epoch, which is not written.
void encode_keys(std::span<const FrameKey> keys, ByteVector& out);

/// The inverse, appending to `keys`. Throws CorruptData.
void decode_keys(Bytes encoded, std::int64_t epoch, std::vector<FrameKey>& keys);

/// The keys of `keys` (in order) that may be this frame or in conflict with it: of its time, and of
/// its counter or its hash.
template <typename Visitor>
void for_each_match(std::span<const FrameKey> keys, const FrameIdentity& frame, Visitor visit) {
  std::size_t at = 0;
  for (std::size_t size = keys.size(); size > 0;) {  // the first key that is not before it
    const std::size_t half = size / 2;
    if (keys[at + half].place.time < frame.time) {
      at += half + 1;
      size -= half + 1;
    } else {
      size = half;
    }
  }
  for (; at < keys.size() && keys[at].place.time == frame.time; ++at) {
    if (keys[at].counter == frame.counter || keys[at].hash == frame.hash) {
      visit(keys[at]);
    }
  }
}

}  // namespace icom::store
