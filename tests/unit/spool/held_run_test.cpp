#include "agent/spool/held_run.hpp"

#include <gtest/gtest.h>

#include "common/icom/frame_identity.hpp"
#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {
namespace {

class HeldRunTest : public testing::Test {
 protected:
  /// A run of so many entries, a segment for every two of them.
  std::uint64_t write(std::uint64_t entries) {
    SpoolWriter writer(files_, kSpool, {.segment_bytes = 200});
    for (std::uint64_t number = 1; number <= entries; ++number) {
      EXPECT_FALSE(writer.append(frame(writer.run(), number).entry()));
    }
    return writer.run();
  }
  HeldRun look(std::uint64_t run, std::uint64_t seq) {
    SpoolReader reader(files_, kSpool);
    reader.runs();
    return reader.held(run, seq);
  }
  static std::uint64_t fingerprint_of(const OwnedEntry& entry) {
    return entry_fingerprint(entry.received_us, content_hash(as_bytes(entry.bytes)));
  }

  os::FaultingFileSystem files_;
};

TEST_F(HeldRunTest, EachEntryIsFoundAndNoneBeyond) {
  write(3);
  const auto run = write(9);
  write(4);
  for (std::uint64_t seq = 1; seq <= 9; ++seq) {
    const HeldRun held = look(run, seq);
    EXPECT_EQ(held.first, 1U);
    EXPECT_EQ(held.oldest, 1U);
    EXPECT_EQ(held.newest, 9U);
    EXPECT_EQ(held.fingerprint, fingerprint_of(frame(run, seq))) << seq;
  }
  EXPECT_FALSE(look(run, 10).fingerprint);
  EXPECT_EQ(look(run, 10).newest, 9U);
}

TEST_F(HeldRunTest, WhatWasReleasedIsNotHeld) {
  const auto run = write(9);
  SpoolReader reader(files_, kSpool);
  while (reader.next()) {
  }
  reader.release(run, 5);
  const HeldRun held = reader.held(run, 3);
  EXPECT_FALSE(held.fingerprint);
  EXPECT_GT(held.oldest, 3U);
  EXPECT_EQ(held.first, held.oldest);
  EXPECT_EQ(held.newest, 9U);
}

TEST_F(HeldRunTest, ADamagedEntryIsNotHeld) {
  const auto run = write(3);
  const auto path = segments_of(files_).back();
  ByteVector bytes = files_.content(path);
  bytes.back() ^= std::byte{1};
  files_.put(path, bytes);
  const HeldRun held = look(run, 3);
  EXPECT_FALSE(held.fingerprint);
  EXPECT_EQ(held.newest, 2U);
}

TEST_F(HeldRunTest, ARunThatIsNotHereHasNothing) {
  const auto run = write(3);
  const HeldRun held = look(run + 1, 3);
  EXPECT_EQ(held.newest, 0U);
  EXPECT_EQ(held.oldest, 0U);
  EXPECT_FALSE(held.fingerprint);
}

}  // namespace
}  // namespace icom::spool
