// Commands of an account that may not read the spool directory, or a part of it.
#include "agent/supervise/readable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/spool/spool_writer.hpp"
#include "agent/supervise/drain_command.hpp"
#include "agent/supervise/site_state.hpp"
#include "agent/supervise/site_state_text.hpp"
#include "agent/supervise/stop_command.hpp"
#include "agent/supervise/upgrade_command.hpp"
#include "agent/supervise/who_listens.hpp"
#include "common/os/file_system.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

/// As long as it lives this process may not look into a folder.
class NotForUs {
 public:
  explicit NotForUs(std::filesystem::path folder) : folder_(std::move(folder)) {
    constexpr uid_t kStranger = 54322;
    const bool root = ::geteuid() == 0;
    EXPECT_EQ(::chmod(folder_.c_str(), root ? 0700 : 0), 0);
    EXPECT_EQ(root ? ::seteuid(kStranger) : 0, 0);
  }
  ~NotForUs() {
    EXPECT_EQ(::seteuid(::getuid()), 0);
    EXPECT_EQ(::chmod(folder_.c_str(), 0755), 0);
  }
  NotForUs(const NotForUs&) = delete;
  NotForUs& operator=(const NotForUs&) = delete;

 private:
  const std::filesystem::path folder_;
};

/// A site whose only Linac has a listener.
class ReadableTest : public ::testing::Test {
 protected:
  ReadableTest() {
    std::string name = (std::filesystem::temp_directory_path() / "icom-readable-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    ::chmod(folder_.c_str(), 0755);
    site_.site = "nbcc";
    site_.spool.directory = folder_ / "spool";
    site_.linacs = {{"4299", {"192.168.17.40", 1706}}};
    std::filesystem::create_directories(site_.spool.directory / "4299");
    EXPECT_FALSE(
        os::real_file_system().lock(site_.spool.directory / "4299" / spool::kLockFile, listener_));
  }
  ~ReadableTest() override {
    listener_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// What `command` prints, if its exit code is `code`.
  template <typename Command>
  static std::string said(int code, const Command& command) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(command(), code);
    return ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  }

  std::filesystem::path folder_;
  config::SiteSettings site_;
  std::unique_ptr<os::File> listener_;
};

const auto kSaysSo = AllOf(HasSubstr("cannot be told: "), HasSubstr(": Permission denied; use the "
                                                                    "account that the listeners"));

TEST_F(ReadableTest, ADrainOfWhatCannotBeSeenHasNotSucceeded) {
  for (const auto& folder : {site_.spool.directory, site_.spool.directory / "4299"}) {
    const NotForUs unreadable(folder);
    const auto text =
        said(1, [&] { return drain(site_, {.linacs = {"4299"}, .force = false, .json = false}); });
    EXPECT_THAT(text, kSaysSo);
    EXPECT_THAT(text, HasSubstr(folder.string() + ": "));
    const auto json = nlohmann::json::parse(
        said(1, [&] { return drain(site_, {.linacs = {"4299"}, .force = false, .json = true}); }));
    EXPECT_EQ(json.at(0).at("left"), false);
    EXPECT_THAT(json.at(0).at("why").get<std::string>(), kSaysSo);
  }
}

TEST_F(ReadableTest, WhereNothingIsThereADrainHasNothingToDo) {
  site_.spool.directory /= "not-there";
  EXPECT_THAT(
      said(0, [&] { return drain(site_, {.linacs = {"4299"}, .force = false, .json = false}); }),
      HasSubstr("no listener runs"));
}

TEST_F(ReadableTest, NoOtherCommandTakesWhatCannotBeSeenForAbsent) {
  const NotForUs unreadable(site_.spool.directory);
  EXPECT_THAT(said(1, [&] { return upgrade(site_, {"4299"}, false); }), kSaysSo);
  EXPECT_THAT(said(1, [&] { return resume(site_, {"4299"}); }), kSaysSo);
  EXPECT_EQ(stop_what_was_left(site_, std::chrono::milliseconds(0)), 1);
}

TEST_F(ReadableTest, StatusOfWhatCannotBeSeenIsUnknownAndNotThatNothingRuns) {
  const NotForUs unreadable(site_.spool.directory);
  const auto state = look_at_site(site_, os::utc_now_us(), "1.0.0");
  EXPECT_THAT(state.problems, ElementsAre(kSaysSo));
  EXPECT_THAT(to_table(state), AllOf(HasSubstr("4299   unknown"), Not(HasSubstr("no listener")),
                                     Not(HasSubstr("no forwarder"))));
  const auto json = nlohmann::json::parse(to_json(state));
  EXPECT_EQ(json.at("well"), false);
  EXPECT_THAT(json.at("unknown").get<std::string>(), HasSubstr("Permission denied"));
  EXPECT_THAT(json.at("linacs").at(0).at("unknown").get<std::string>(),
              HasSubstr("Permission denied"));
}

TEST_F(ReadableTest, StatusSaysOfWhichLinacNothingCanBeTold) {
  const NotForUs unreadable(site_.spool.directory / "4299");
  const auto state = look_at_site(site_, os::utc_now_us(), "1.0.0");
  EXPECT_THAT(state.unknown, IsEmpty());
  EXPECT_THAT(state.problems,
              ElementsAre(HasSubstr("no forwarder runs"),
                          AllOf(HasSubstr("Linac 4299: whether its listener runs"), kSaysSo)));
}

TEST_F(ReadableTest, ALinacWhoseListenerCannotBeSeenIsNotConnectedTo) {
  const NotForUs unreadable(site_.spool.directory / "4299");
  boost::asio::io_context io(1);
  EXPECT_THAT(why_not_to_connect(io, {"192.168.17.41", 1706}, site_.spool.directory),
              Optional(kSaysSo));
}

}  // namespace
}  // namespace icom::supervise
