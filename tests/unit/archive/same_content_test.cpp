#include "gateway/archive/same_content.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace icom::archive {
namespace {

/// One whose size and bytes differ: a sparse file of any size. Counts what is read of it.
class OddFile final : public os::File {
 public:
  OddFile(std::uint64_t size, ByteVector bytes) : size_(size), bytes_(std::move(bytes)) {}

  std::error_code append(std::span<const Bytes> /*parts*/, std::size_t& /*written*/) override {
    return std::make_error_code(std::errc::bad_file_descriptor);
  }
  std::error_code read_at(std::uint64_t offset, std::span<std::byte> buffer,
                          std::size_t& got) override {
    reads.push_back(buffer.size());
    const std::size_t at = std::min<std::size_t>(offset, bytes_.size());
    got = std::min(buffer.size(), bytes_.size() - at);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), got, buffer.begin());
    return {};
  }
  std::error_code sync_data() override { return {}; }
  std::error_code truncate(std::uint64_t /*size*/) override { return {}; }
  std::error_code size(std::uint64_t& bytes) override {
    bytes = size_;
    return {};
  }
  std::vector<std::size_t> reads;

 private:
  std::uint64_t size_;
  ByteVector bytes_;
};

constexpr std::size_t kPiece = 64 * 1024;
const ByteVector kContent(5 * kPiece / 2, std::byte{7});

bool is_same(OddFile& file, std::uint64_t& size) {
  bool same = true;
  OddFile content(kContent.size(), kContent);
  EXPECT_FALSE(look_for_content(file, content, size, same));
  return same;
}

TEST(SameContent, AFileOfAnotherSizeIsNotRead) {
  OddFile file(std::uint64_t{1} << 30U, {});
  std::uint64_t size = 0;
  EXPECT_FALSE(is_same(file, size));
  EXPECT_EQ(size, std::uint64_t{1} << 30U);
  EXPECT_TRUE(file.reads.empty());
}

TEST(SameContent, AFileOfTheSameSizeIsReadInPiecesUpToTheFirstThatDiffers) {
  std::uint64_t size = 0;
  OddFile same(kContent.size(), kContent);
  EXPECT_TRUE(is_same(same, size));
  EXPECT_EQ(same.reads, (std::vector<std::size_t>{kPiece, kPiece, kPiece / 2}));
  ByteVector other = kContent;
  other[kPiece + 1] = std::byte{8};
  OddFile differs(kContent.size(), other);
  EXPECT_FALSE(is_same(differs, size));
  EXPECT_EQ(differs.reads, (std::vector<std::size_t>{kPiece, kPiece}));
  OddFile shrinking(kContent.size(), ByteVector(3, std::byte{7}));
  EXPECT_FALSE(is_same(shrinking, size));
}

}  // namespace
}  // namespace icom::archive
