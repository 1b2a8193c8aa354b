#include "common/icom/stream_entry.hpp"

#include <gtest/gtest.h>

namespace icom {
namespace {

TEST(Hole, ComesBackAsItWas) {
  for (const Hole& hole :
       {Hole{0, 0, "disk_full"}, Hole{7, 3, "bound"}, Hole{1ULL << 40U, 1ULL << 40U, "corrupt"}}) {
    const Hole again = decode_hole(encode_hole(hole));
    EXPECT_EQ(again.frames, hole.frames);
    EXPECT_EQ(again.frames_with_patient, hole.frames_with_patient);
    EXPECT_EQ(again.reason, hole.reason);
  }
}

TEST(Hole, IsUnreadableWhereItIsCutOrNotPlainText) {
  const ByteVector bytes = encode_hole({7, 3, "bound"});
  for (std::size_t size = 0; size <= 16; ++size) {
    EXPECT_EQ(decode_hole(Bytes(bytes).first(size)).reason, "unreadable");
  }
  EXPECT_EQ(decode_hole(encode_hole({7, 3, "line\nbreak"})).reason, "unreadable");
  EXPECT_EQ(decode_hole(encode_hole({7, 3, "line\nbreak"})).frames, 0U);
  EXPECT_EQ(decode_hole(encode_hole({std::uint64_t{1} << 63U, 0, "bound"})).frames, 0U)
      << "sums of such numbers would overflow";
  EXPECT_EQ(decode_hole(encode_hole({3, 7, "bound"})).reason, "unreadable");
  EXPECT_EQ(decode_hole(ByteVector(500, std::byte{'a'})).reason, "unreadable");
}

}  // namespace
}  // namespace icom
