// The stream of a morning: README.md.
#pragma once

#include <lzma.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/icom/bytes.hpp"

namespace icom::test {

/// All bytes of the sample. Throws std::runtime_error if it is absent or cannot be decompressed.
inline ByteVector load_sample() {
  std::ifstream file(ICOM_SAMPLE_FILE, std::ios::binary);
  const std::string compressed{std::istreambuf_iterator<char>(file), {}};
  ByteVector bytes(16U << 20U);
  std::uint64_t memory_limit = std::numeric_limits<std::uint64_t>::max();
  std::size_t read = 0;
  std::size_t written = 0;
  const lzma_ret result = lzma_stream_buffer_decode(
      &memory_limit, 0, nullptr, reinterpret_cast<const std::uint8_t*>(compressed.data()), &read,
      compressed.size(), reinterpret_cast<std::uint8_t*>(bytes.data()), &written, bytes.size());
  if (result != LZMA_OK || written == 0) {
    throw std::runtime_error("cannot read the sample " ICOM_SAMPLE_FILE);
  }
  bytes.resize(written);
  return bytes;
}

/// The sample's frames, cut by their length field (which counts the whole message there). Borrows
/// `stream`.
inline std::vector<Bytes> split_by_length(Bytes stream) {
  std::vector<Bytes> frames;
  while (stream.size() >= sizeof(std::uint32_t)) {
    const std::size_t size = load_little_endian<std::uint32_t>(stream.data());
    if (size == 0 || size > stream.size()) {
      break;
    }
    frames.push_back(stream.first(size));
    stream = stream.subspan(size);
  }
  return frames;
}

}  // namespace icom::test
