// What is in an archived record's file.
#pragma once

#include <gtest/gtest.h>
#include <lzma.h>

#include <cstdint>
#include <vector>

#include "common/icom/bytes.hpp"

namespace icom::test {

/// Notes a failure if it is not a whole .xz of a few megabytes at most.
inline ByteVector unxz(const ByteVector& compressed) {
  ByteVector plain(8U << 20U);
  std::uint64_t limit = UINT64_MAX;
  std::size_t in = 0;
  std::size_t out = 0;
  const lzma_ret result = lzma_stream_buffer_decode(
      &limit, 0, nullptr, reinterpret_cast<const std::uint8_t*>(compressed.data()), &in,
      compressed.size(), reinterpret_cast<std::uint8_t*>(plain.data()), &out, plain.size());
  EXPECT_EQ(result, LZMA_OK);
  plain.resize(out);
  return plain;
}

inline ByteVector joined(const std::vector<ByteVector>& frames) {
  ByteVector all;
  for (const ByteVector& frame : frames) {
    append(all, frame);
  }
  return all;
}

}  // namespace icom::test
