#include "gateway/store/frame_unpacker.hpp"

namespace icom::store {

void FrameUnpacker::open(Bytes data, ZstdCodec& zstd) {
  zstd.decompress(data, codes_);
  reader_ = VarintReader(codes_);
}

Bytes FrameUnpacker::next(const FrameKey& key) {
  frame_.clear();
  const Bytes code = reader_.take(reader_.next());
  if (!decoder_.decode(code, frame_) || content_hash(frame_) != key.hash) {
    throw CorruptData("a stored frame does not match its hash");
  }
  return frame_;
}

}  // namespace icom::store
