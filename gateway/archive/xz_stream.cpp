#include "gateway/archive/xz_stream.hpp"

#include <lzma.h>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace icom::archive {

namespace {
// Frames repeat each other within 8 kB, so a small dictionary already finds everything; level 2 has
// 2 MiB and needs 17 MB.
constexpr std::uint32_t kPreset = 2;
}  // namespace

struct XzStream::Coder {
  lzma_stream stream = LZMA_STREAM_INIT;
  ~Coder() { lzma_end(&stream); }
};

XzStream::XzStream() : coder_(std::make_unique<Coder>()) {
  const lzma_ret made = lzma_easy_encoder(&coder_->stream, kPreset, LZMA_CHECK_CRC64);
  if (made != LZMA_OK) {
    throw std::runtime_error("cannot start xz compression: liblzma error " + std::to_string(made));
  }
}

XzStream::~XzStream() = default;

void XzStream::add(Bytes bytes) {
  run(bytes, false);
}

ByteVector XzStream::take() {
  return std::exchange(out_, {});
}

ByteVector XzStream::finish() {
  run({}, true);
  return take();
}

void XzStream::run(Bytes bytes, bool last) {
  std::array<std::uint8_t, 16384> room;
  lzma_stream& stream = coder_->stream;
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  while (true) {
    stream.next_out = room.data();
    stream.avail_out = room.size();
    const lzma_ret result = lzma_code(&stream, last ? LZMA_FINISH : LZMA_RUN);
    append(out_, std::as_bytes(std::span(room.data(), room.size() - stream.avail_out)));
    if (result == LZMA_STREAM_END) {
      return;
    }
    if (result != LZMA_OK) {
      throw std::runtime_error("xz compression failed: liblzma error " + std::to_string(result));
    }
    if (!last && stream.avail_in == 0) {
      return;
    }
  }
}

}  // namespace icom::archive
