#include "gateway/store/frame_unpacker.hpp"

#include <utility>

namespace icom::store {

void FrameUnpacker::open(Bytes data, ZstdCodec& zstd) {
  zstd.decompress(data, codes_);
  reader_ = VarintReader(codes_);
}

Bytes FrameUnpacker::next(const FrameKey& key) {
  std::swap(frame_, before_);
  const Bytes code = reader_.take(reader_.next());
  if (decodes(code, key)) {
    return frame_;
  }
  // Gateways of before 2026-12 went on after a start with the items of the last frame as they stand
  // in it alone.
  if (!before_.empty()) {
    decoder_.begin_after(before_);
    if (decodes(code, key)) {
      return frame_;
    }
  }
  throw CorruptData("a stored frame does not match its hash");
}

bool FrameUnpacker::decodes(Bytes code, const FrameKey& key) {
  frame_.clear();
  return decoder_.decode(code, frame_) && content_hash(frame_) == key.hash;
}

}  // namespace icom::store
