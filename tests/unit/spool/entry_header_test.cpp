#include "agent/spool/entry_header.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "agent/spool/segment_files.hpp"
#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {
namespace {

TEST(EntryHeader, EveryFieldComesBack) {
  const OwnedEntry sent{.kind = EntryKind::junk,
                        .run = 0x8877665544332211,
                        .seq = 0x0102030405060708,
                        .received_us = -5,
                        .has_patient = true,
                        .bytes = "junk"};
  const auto header = decode_entry_header(encode_entry_header(sent.entry()));
  ASSERT_TRUE(header);
  EXPECT_EQ(owned(header->entry(as_bytes(sent.bytes))), sent);
  EXPECT_TRUE(header->holds(as_bytes("junk")));
  EXPECT_FALSE(header->holds(as_bytes("jumk")));
}

TEST(EntryHeader, AnyFlippedBitIsNoticed) {
  const auto intact = encode_entry_header(frame(7, 1).entry());
  for (std::size_t byte = 0; byte < intact.size(); ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto damaged = intact;
      damaged[byte] ^= static_cast<std::byte>(1U << bit);
      EXPECT_FALSE(decode_entry_header(damaged)) << "byte " << byte << ", bit " << bit;
    }
  }
}

TEST(EntryHeader, AKindThatIsNotKnownIsRefused) {
  auto entry = frame(7, 1).entry();
  entry.kind = static_cast<EntryKind>(6);
  EXPECT_FALSE(decode_entry_header(encode_entry_header(entry)));
  entry.kind = static_cast<EntryKind>(0);
  EXPECT_FALSE(decode_entry_header(encode_entry_header(entry)));
}

TEST(SegmentHeader, AnyFlippedBitIsNoticed) {
  const auto intact = encode_segment_header({.run = 1, .number = 2, .first_seq = 3});
  ASSERT_TRUE(decode_segment_header(intact));
  EXPECT_EQ(decode_segment_header(intact)->first_seq, 3U);
  for (std::size_t byte = 0; byte < intact.size(); ++byte) {
    auto damaged = intact;
    damaged[byte] ^= std::byte{0x10};
    EXPECT_FALSE(decode_segment_header(damaged)) << "byte " << byte;
  }
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const auto byte : bytes) {
    char two[4];
    std::snprintf(two, sizeof two, "%02X ", static_cast<unsigned>(byte));
    text += two;
  }
  return text;
}

TEST(SpoolFormat, IsThatOfTheDocumentsWorkedExample) {
  constexpr std::uint64_t kRun = 0x1122334455667788;
  EXPECT_EQ(hex(encode_segment_header({.run = kRun, .number = 7, .first_seq = 301})),
            "49 43 4F 4D 53 50 4C 0A 01 00 00 00 00 00 00 00 "
            "88 77 66 55 44 33 22 11 07 00 00 00 00 00 00 00 "
            "2D 01 00 00 00 00 00 00 4C 48 BC 1F 95 D8 33 39 ");
  const OwnedEntry entry{.kind = EntryKind::disconnected,
                         .run = kRun,
                         .seq = 301,
                         .received_us = 1'772'438'400'250'000,
                         .has_patient = false,
                         .bytes = "closed by the Linac"};
  EXPECT_EQ(hex(encode_entry_header(entry.entry())),
            "E7 1C 0D A5 13 00 00 00 88 77 66 55 44 33 22 11 "
            "2D 01 00 00 00 00 00 00 90 B0 3B F9 05 4C 06 00 "
            "04 00 00 00 45 33 AA 08 52 23 7D C5 22 45 5A 6A ");
}

TEST(SegmentFiles, OnlySegmentsAreListedInTheirOrder) {
  os::FaultingFileSystem files;
  for (const char* name : {"000000000010.spool", "000000000009.spool", "lock", "listener.json",
                           "000000000011.spool.tmp", "11.spool", "00000000001x.spool"}) {
    files.put(kSpool / name, {});
  }
  std::vector<std::uint64_t> numbers;
  ASSERT_FALSE(list_segments(files, kSpool, numbers));
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{9, 10}));
  EXPECT_EQ(segment_path(kSpool, 9), kSpool / "000000000009.spool");
}

}  // namespace
}  // namespace icom::spool
