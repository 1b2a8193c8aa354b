#include "common/config/settings_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <functional>

#include "tests/unit/config/settings_folder.hpp"

namespace icom::config {
namespace {

using std::chrono::milliseconds;

class SettingsWatchTest : public SettingsFolder {
 protected:
  static constexpr milliseconds kLook{2};

  void watch(std::vector<std::filesystem::path> watched) {
    watch_.emplace(io_.get_executor(), std::move(watched), kLook);
  }
  void start() {
    watch_->start([this] { ++changes_; });
  }
  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(kLook);
    EXPECT_TRUE(condition());
  }
  /// Long enough for several looks.
  void run_a_while() { io_.run_for(20 * kLook); }

  boost::asio::io_context io_;
  std::optional<SettingsWatch> watch_;
  int changes_ = 0;
};

TEST_F(SettingsWatchTest, AChangedFileIsToldOnce) {
  const auto file = write("nbcc.yaml", "one");
  watch({file});
  start();
  run_a_while();
  EXPECT_EQ(changes_, 0);
  write("nbcc.yaml", "another");
  run_until([this] { return changes_ > 0; });
  run_a_while();
  EXPECT_EQ(changes_, 1);
}

TEST_F(SettingsWatchTest, AChangeBetweenTheFirstReadingAndTheStartIsTold) {
  const auto file = write("nbcc.yaml", "one");
  watch({file});
  write("nbcc.yaml", "another");
  start();
  run_until([this] { return changes_ == 1; });
}

TEST_F(SettingsWatchTest, AFileThatIsReplacedGoneOrNewIsTold) {
  const auto file = write("nbcc.yaml", "one");
  watch({file});
  start();
  std::filesystem::rename(write("new", "another"), file);
  run_until([this] { return changes_ == 1; });
  std::filesystem::remove(file);
  run_until([this] { return changes_ == 2; });
  write("nbcc.yaml", "one");
  run_until([this] { return changes_ == 3; });
}

TEST_F(SettingsWatchTest, AFolderStandsForTheFilesInIt) {
  write("sites/nbcc.yaml", "one");
  watch({folder_ / "sites"});
  start();
  write("sites/rccc.yaml", "new");
  run_until([this] { return changes_ == 1; });
  write("sites/nbcc.yaml", "changed");
  run_until([this] { return changes_ == 2; });
  std::filesystem::remove(folder_ / "sites/rccc.yaml");
  run_until([this] { return changes_ == 3; });
}

TEST_F(SettingsWatchTest, AFileThatIsStillBeingWrittenIsNotTold) {
  const auto file = write("nbcc.yaml", "");
  watch({file});
  start();
  std::string text;
  for (int i = 0; i < 30; ++i) {
    write("nbcc.yaml", text += "line\n");
    io_.restart();
    // One look finds it changed, the next one finds it changed again.
    io_.run_one();
    EXPECT_EQ(changes_, 0);
  }
  run_until([this] { return changes_ == 1; });
}

TEST_F(SettingsWatchTest, AHangupIsToldAlthoughNothingHasChanged) {
  watch({write("nbcc.yaml", "one")});
  start();
  ASSERT_EQ(std::raise(SIGHUP), 0);
  run_until([this] { return changes_ == 1; });
  ASSERT_EQ(std::raise(SIGHUP), 0);
  run_until([this] { return changes_ == 2; });
}

TEST_F(SettingsWatchTest, NothingIsToldOnceTheWatchIsGone) {
  const auto file = write("nbcc.yaml", "one");
  watch({file});
  start();
  write("nbcc.yaml", "another");
  watch_.reset();
  io_.restart();
  io_.run();  // returns: nothing is waited for any longer
  EXPECT_EQ(changes_, 0);
}

}  // namespace
}  // namespace icom::config
