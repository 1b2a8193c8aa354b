#include "gateway/archive/folder_names.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "common/icom/frame_identity.hpp"

namespace icom::archive {
namespace {

TEST(FolderNames, TheNextFreeSecondIsThatOfAPlainSearchWhateverComesAndGoes) {
  std::mt19937 random(1);
  FolderNames names;
  std::set<std::int64_t> taken;
  const auto draw = [&random] { return static_cast<std::int64_t>(random() % 60); };
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t second = draw();
    if (random() % 2 == 0) {
      names.take(second);
      taken.insert(second);
    } else {
      names.release(second);
      taken.erase(second);
    }
    std::int64_t free = draw();
    const std::int64_t from = free;
    while (taken.contains(free)) ++free;
    ASSERT_EQ(names.next_free(from), free);
  }
}

TEST(FolderNames, StrangersAreFoundByTheirSizeAndKeepTheirNames) {
  FolderNames names;
  names.take_for_stranger(7, 1234);
  names.take_for_stranger(8, std::nullopt);
  names.take_for_stranger(9, 1234);
  EXPECT_EQ(names.next_free(7), 10);
  EXPECT_EQ(names.strangers(1234), (std::vector<std::int64_t>{7, 9}));
  EXPECT_TRUE(names.strangers(1).empty());
  for (std::int64_t second = 100; second < 200; ++second) names.take_for_stranger(second, 1234);
  EXPECT_EQ(names.strangers(1234).size(), FolderNames::kMostStrangers);
}

TEST(FolderNames, ASecondComesBackFromItsNameAndFromNothingElse) {
  for (const std::int64_t second : {0LL, 1'772'438'401LL, 253'402'300'799LL}) {
    EXPECT_EQ(second_of_stem(linac_time_file_stem(second)), second);
  }
  for (const char* other : {"", "20260302_080001x", "20260302-080001", "20261302_080001",
                            "20260332_080001", "2026030a_080001", "20260302_240001"}) {
    EXPECT_EQ(second_of_stem(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace icom::archive
