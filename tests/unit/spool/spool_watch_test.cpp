#include "agent/spool/spool_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <optional>

#include "agent/spool/spool_writer.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::spool {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kDeadline{10};

class WatchedSpool : public ::testing::Test {
 protected:
  /// One wait(), with what happens once it is under way.
  bool wait(const std::function<void()>& meanwhile = {}) { return wait(watch_, meanwhile); }

  bool wait(SpoolWatch& watch, const std::function<void()>& meanwhile = {}) {
    std::optional<bool> outcome;
    asio::co_spawn(
        io_,
        [](SpoolWatch& waited_on, std::optional<bool>& to) -> asio::awaitable<void> {
          to = co_await waited_on.wait();
        }(watch, outcome),
        asio::detached);
    io_.restart();
    io_.poll();
    if (meanwhile) meanwhile();
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!outcome && std::chrono::steady_clock::now() < deadline) io_.run_one_for(kDeadline);
    EXPECT_TRUE(outcome) << "wait() did not return";
    return outcome.value_or(false);
  }

  os::TemporaryDirectory folder_;
  asio::io_context io_;
  SpoolWatch watch_{io_.get_executor()};
};

TEST_F(WatchedSpool, AnAppendEndsTheWait) {
  SpoolWriter writer(os::real_file_system(), folder_.path() / "4299", {});
  watch_.add(folder_.path() / "4299");
  EXPECT_TRUE(wait()) << "what was there before it was watched";
  EXPECT_TRUE(wait([&] { EXPECT_FALSE(writer.append({.bytes = as_bytes("frame")})); }));
}

TEST_F(WatchedSpool, OneOfSeveralDirectoriesIsEnough) {
  SpoolWriter first(os::real_file_system(), folder_.path() / "1", {});
  SpoolWriter second(os::real_file_system(), folder_.path() / "2", {});
  watch_.add(folder_.path() / "1");
  watch_.add(folder_.path() / "2");
  EXPECT_TRUE(wait());
  EXPECT_TRUE(wait([&] { EXPECT_FALSE(first.append({.bytes = as_bytes("frame")})); }));
  EXPECT_TRUE(wait([&] { EXPECT_FALSE(second.append({.bytes = as_bytes("frame")})); }));
}

TEST_F(WatchedSpool, SeveralChangesAreOne) {
  SpoolWriter writer(os::real_file_system(), folder_.path() / "4299", {});
  watch_.add(folder_.path() / "4299");
  EXPECT_TRUE(wait());
  EXPECT_TRUE(wait([&] {
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(writer.append({.bytes = as_bytes("frame")}));
  }));
  EXPECT_FALSE(wait()) << "the fallback";
}

TEST_F(WatchedSpool, TheListenersStatusFileWakesNobody) {
  watch_.add(folder_.path());
  EXPECT_TRUE(wait());
  EXPECT_FALSE(wait([&] { std::ofstream(folder_.path() / "listener.json") << "{}"; }));
}

TEST_F(WatchedSpool, ADirectoryThatIsMadeLaterEndsTheWaitAndIsWatchedFromThenOn) {
  SpoolWatch watch(io_.get_executor(), std::chrono::hours(1));
  const auto later = folder_.path() / "later";
  watch.add(later);
  EXPECT_TRUE(wait(watch, [&] { SpoolWriter(os::real_file_system(), later, {}); }));
  SpoolWriter writer(os::real_file_system(), later, {});
  EXPECT_TRUE(wait(watch));
  EXPECT_TRUE(wait(watch, [&] { EXPECT_FALSE(writer.append({.bytes = as_bytes("frame")})); }));
}

TEST_F(WatchedSpool, ADirectoryThatIsRemovedAndMadeAnewIsWatchedAgain) {
  SpoolWatch watch(io_.get_executor(), std::chrono::hours(1));
  const auto directory = folder_.path() / "4299";
  std::optional<SpoolWriter> writer(std::in_place, os::real_file_system(), directory,
                                    SpoolLimits{});
  watch.add(directory);
  EXPECT_TRUE(wait(watch));
  for (const bool moved : {false, true}) {
    if (moved) {
      std::filesystem::rename(directory, folder_.path() / "old");
    } else {
      std::filesystem::remove_all(directory);
    }
    EXPECT_TRUE(
        wait(watch, [&] { writer.emplace(os::real_file_system(), directory, SpoolLimits{}); }));
    // More often than the removal has woken it.
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(wait(watch, [&] { EXPECT_FALSE(writer->append({.bytes = as_bytes("frame")})); }));
    }
  }
}

TEST_F(WatchedSpool, ADirectoryWhoseParentComesLaterIsFoundByTheFallback) {
  const auto later = folder_.path() / "site" / "later";
  watch_.add(later);
  EXPECT_TRUE(wait([&] { SpoolWriter(os::real_file_system(), later, {}); }));
  SpoolWriter writer(os::real_file_system(), later, {});
  EXPECT_TRUE(wait());
  EXPECT_TRUE(wait([&] { EXPECT_FALSE(writer.append({.bytes = as_bytes("frame")})); }));
}

}  // namespace
}  // namespace icom::spool
