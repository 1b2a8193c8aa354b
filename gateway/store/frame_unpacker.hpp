// From the data of chunks and tail rows back to frames.
#pragma once

#include "common/icom/delta_codec.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/varint.hpp"
#include "gateway/store/zstd_codec.hpp"

namespace icom::store {

/// Decodes the frames of one chunk, or of the tail rows of one Linac, one after the other: only
/// from the start. Not thread-safe.
class FrameUnpacker {
 public:
  /// The data of a chunk, or of the next tail row: the delta coding runs on from the row before.
  /// Throws CorruptData.
  void open(Bytes data, ZstdCodec& zstd);
  /// The next frame, which must be the one that `key` tells of. Valid until the next call. Throws
  /// CorruptData.
  Bytes next(const FrameKey& key);
  /// As it is after the frames that were read.
  [[nodiscard]] const DeltaDecoder& decoder() const { return decoder_; }

 private:
  bool decodes(Bytes code, const FrameKey& key);

  DeltaDecoder decoder_;
  ByteVector codes_;
  VarintReader reader_{Bytes{}};
  ByteVector frame_;
  ByteVector before_;  // the frame before, empty if there is none
};

}  // namespace icom::store
