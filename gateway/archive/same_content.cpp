#include "gateway/archive/same_content.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "common/icom/bytes.hpp"

namespace icom::archive {

namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10U;

}  // namespace

std::error_code look_for_content(os::File& file, os::File& content, std::uint64_t& size,
                                 bool& same) {
  same = false;
  std::uint64_t expected_size = 0;
  if (const auto error = file.size(size)) return error;
  if (const auto error = content.size(expected_size)) return error;
  if (size != expected_size) return {};
  ByteVector piece(kPiece);
  ByteVector expected(kPiece);
  for (std::uint64_t at = 0; at < size; at += kPiece) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size - at));
    const auto read = std::span(piece).first(length);
    const auto wanted = std::span(expected).first(length);
    std::size_t got = 0;
    if (const auto error = file.read_at(at, read, got)) return error;
    std::size_t got_wanted = 0;
    if (const auto error = content.read_at(at, wanted, got_wanted)) return error;
    if (got != length || got_wanted != length || !std::ranges::equal(read, wanted)) return {};
  }
  same = true;
  return {};
}

}  // namespace icom::archive
