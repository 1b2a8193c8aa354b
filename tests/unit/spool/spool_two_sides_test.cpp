// Writer and reader at the same time, on real files.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/unit/os/temporary_directory.hpp"
#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {
namespace {

constexpr std::uint64_t kFramesOfBothSides = 20'000;
constexpr std::chrono::seconds kBothSidesDeadline{60};
constexpr SpoolLimits kSegmentsOfBothSides{.max_bytes = 1 << 30, .segment_bytes = 64 * 1024};

/// Sizes from nothing to more than one block of the reader.
OwnedEntry numbered(std::uint64_t run, std::uint64_t number) {
  return frame(run, number, false, number % 1000 == 0 ? 300'000 : (number * 37) % 900);
}

TEST(SpoolOfTwoSides, EachEntryIsReadOnceInOrderWhileTheWriterAppendsAndSyncsAndTheReaderReleases) {
  const os::TemporaryDirectory folder;
  const auto directory = folder.path() / "4299";
  SpoolWriter writer(os::real_file_system(), directory, kSegmentsOfBothSides);
  std::thread writing([&] {
    std::vector<OwnedEntry> owned_batch;
    std::vector<Entry> batch;
    for (std::uint64_t next = 1; next <= kFramesOfBothSides;) {
      owned_batch.clear();
      batch.clear();
      for (auto left = next % 5 + 1; left > 0 && next <= kFramesOfBothSides; --left) {
        owned_batch.push_back(numbered(writer.run(), next++));
      }
      for (const auto& one : owned_batch) batch.push_back(one.entry());
      std::size_t appended = 0;
      ASSERT_FALSE(writer.append(batch, appended));
    }
  });
  std::thread syncing([&] {
    for (int i = 0; i < 50; ++i) ASSERT_FALSE(writer.sync());
  });

  SpoolReader reader(os::real_file_system(), directory);
  const auto deadline = std::chrono::steady_clock::now() + kBothSidesDeadline;
  std::uint64_t read = 0;
  bool all_right = true;
  while (read < kFramesOfBothSides && all_right && std::chrono::steady_clock::now() < deadline) {
    const auto entry = reader.next();
    if (!entry) continue;
    all_right = owned(*entry) == numbered(writer.run(), ++read);
    if (read % 100 == 0) reader.release(writer.run(), read);
  }
  writing.join();
  syncing.join();
  EXPECT_TRUE(all_right) << "entry " << read;
  EXPECT_EQ(read, kFramesOfBothSides);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.counts().corrupt_bytes, 0U);
  EXPECT_EQ(reader.counts().holes, 0U);
}

}  // namespace
}  // namespace icom::spool
