#include "gateway/archive/live_files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/unit/archive/watched_files.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::archive {
namespace {

/// Frames are added while the share stands still, and written once all are there.
class LiveFilesTest : public testing::Test {
 protected:
  LiveFilesTest() {
    std::filesystem::create_directories(directory_);  // of which the system is asked, too
    files_.inner.hold_appends(true);
    live_.add(0, 0, ByteVector(1));
    thread_ = std::thread([this] { live_.run(); });
    wait_until([this] { return files_.inner.appends_held() == 1; });
  }
  ~LiveFilesTest() override {
    files_.inner.hold_appends(false);
    live_.end();
    thread_.join();
  }
  LiveFilesTest(const LiveFilesTest&) = delete;
  LiveFilesTest& operator=(const LiveFilesTest&) = delete;

  template <typename Condition>
  void wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
  }
  void add(std::int64_t linac, int count, std::size_t size = 8000) {
    for (int i = 0; i < count; ++i) {
      live_.add(linac, static_cast<std::uint8_t>(i), ByteVector(size));
    }
  }
  /// Of the frames that were added since the share stood still, whose they were, in order.
  std::vector<std::string> write_all(std::size_t frames) {
    files_.inner.hold_appends(false);
    wait_until([&] { return live_.counts().written == frames + 1; });
    std::vector<std::string> order;
    for (const auto& path : files_.renamed()) {
      order.push_back(path.parent_path().filename().string());
    }
    order.erase(order.begin());
    return order;
  }

  test::TemporaryFolder temporary_;
  const std::filesystem::path directory_ = temporary_.path() / "iCom";
  test::WatchedFiles files_;
  ShareWatch share_;
  LiveFiles live_{files_, share_, directory_, [] {
                    LiveFiles::Folders folders;
                    for (int linac = 0; linac < 50; ++linac) {
                      folders[linac] = "live/" + std::to_string(linac);
                    }
                    return folders;
                  }};
  std::thread thread_;
};

TEST_F(LiveFilesTest, LinacsTakeTurnsHoweverManyFramesOfOneWait) {
  add(1, 200);
  add(2, 3);
  add(3, 1);
  const auto order = write_all(204);
  const std::vector<std::string> first(order.begin(), order.begin() + 8);
  EXPECT_EQ(first, (std::vector<std::string>{"1", "2", "3", "1", "2", "1", "2", "1"}));
  EXPECT_EQ(live_.counts().dropped, 0U);
}

TEST_F(LiveFilesTest, OfALinacTheNewestWaitAndNoOtherLosesAny) {
  add(2, 100);
  add(1, 1000);
  EXPECT_EQ(live_.counts().dropped, 1000 - LiveFiles::kMostWaiting);
  const auto order = write_all(100 + LiveFiles::kMostWaiting);
  EXPECT_EQ(std::ranges::count(order, "2"), 100);
  EXPECT_EQ(std::ranges::count(order, "1"), LiveFiles::kMostWaiting);
  // The newest of 1,000: its counter, 999, in one byte.
  EXPECT_EQ(files_.renamed().back(), directory_ / "live/1/231.txt");
}

TEST_F(LiveFilesTest, HugeFramesOfALinacTakeNoMoreMemoryThanOrdinaryOnes) {
  constexpr std::size_t kHuge = std::size_t{2} << 20U;
  add(2, 100);
  add(1, 300, kHuge);
  EXPECT_EQ(live_.counts().dropped, 300 - LiveFiles::kMostBytes / kHuge);
  const auto order = write_all(100 + LiveFiles::kMostBytes / kHuge);
  EXPECT_EQ(std::ranges::count(order, "2"), 100);
}

TEST_F(LiveFilesTest, TheLinacWithTheMostDropsItsOldestWhereAllTogetherAreTooMuch) {
  constexpr std::size_t kFull = LiveFiles::kMostBytes;
  constexpr int kFit = LiveFiles::kMostBytesOfAll / kFull;
  add(1, 100);
  for (int linac = 2; linac < 2 + kFit; ++linac) add(linac, 4, kFull / 4);
  EXPECT_EQ(live_.counts().dropped, 1U);
  const auto order = write_all(100 + 4 * kFit - 1);
  EXPECT_EQ(std::ranges::count(order, "1"), 100);
}

}  // namespace
}  // namespace icom::archive
