#include "agent/supervise/lost_site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/os/temporary_directory.hpp"
#include "tests/unit/supervise/started_as.hpp"

namespace icom::supervise {
namespace {

using ::testing::HasSubstr;
using testing::StartedAs;

constexpr const char* kSite = R"(site: nbcc
timezone: Australia/Sydney
linacs:
  - serial: "4299"
    address: 192.168.17.40
tunnel:
  host: physics.rccc.example
  user: icom
  key: key
  known_hosts: known_hosts
  gateway: 127.0.0.1:7600
  token_file: token
spool:
  directory: spool
)";

/// A site whose file was there when its programs were started.
class LostSiteTest : public ::testing::Test {
 protected:
  LostSiteTest() {
    std::filesystem::create_directory(spool_);
    std::ofstream(spool_ / kRunningSiteFile) << kSite;
  }

  /// `icom-agent run` in this spool directory, started for `site`.
  void run_agent(const std::filesystem::path& site) {
    agent_ = std::make_unique<StartedAs>("icom-agent",
                                         std::vector<std::string>{"run", "--site", site.string()});
    AgentFile agent{.pid = agent_->process(), .version = "1", .started_us = 1};
    agent.site = "nbcc";
    EXPECT_FALSE(write_agent_file(files_, spool_, agent));
    EXPECT_FALSE(files_.lock(spool_ / kAgentLockFile, lock_));
  }
  void run_forwarder(const std::filesystem::path& site) {
    forwarder_ = std::make_unique<StartedAs>(
        "icom-forward",
        std::vector<std::string>{"--site", site.string(), "--spool", spool_.string()});
  }
  [[nodiscard]] std::optional<LostSite> find(const std::filesystem::path& usual = {}) const {
    return find_lost_site(files_, file_, usual);
  }

  os::FileSystem& files_ = os::real_file_system();
  os::TemporaryDirectory folder_;
  const std::filesystem::path file_ = std::filesystem::canonical(folder_.path()) / "site.yaml";
  const std::filesystem::path spool_ = std::filesystem::canonical(folder_.path()) / "spool";
  std::unique_ptr<StartedAs> agent_;
  std::unique_ptr<StartedAs> forwarder_;
  std::unique_ptr<os::File> lock_;
};

TEST_F(LostSiteTest, IsFoundByTheProgramsThatWereStartedWithItsFile) {
  run_agent(file_);
  run_forwarder(file_);
  const auto lost = find();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->spool, spool_);
  EXPECT_TRUE(lost->any_runs);
  ASSERT_TRUE(lost->running);
  EXPECT_EQ(lost->running->agent.pid, agent_->process());
  ASSERT_EQ(lost->running->settings.linacs.size(), 1U);
  EXPECT_EQ(lost->running->settings.linacs[0].serial, "4299");
  EXPECT_THAT(text_of(*lost, file_),
              HasSubstr("cp -p " + (spool_ / kRunningSiteFile).string() + " " + file_.string()));
}

TEST_F(LostSiteTest, IsFoundInTheUsualPlaceByItsAgentAlone) {
  run_agent(file_);
  EXPECT_FALSE(find());
  const auto lost = find(spool_);
  ASSERT_TRUE(lost);
  EXPECT_TRUE(lost->running);
}

TEST_F(LostSiteTest, IsFoundWhereItsAgentIsGone) {
  run_forwarder(file_);
  const auto lost = find();
  ASSERT_TRUE(lost);
  EXPECT_TRUE(lost->any_runs);
  EXPECT_FALSE(lost->running);
  EXPECT_EQ(lost->copy, spool_ / kRunningSiteFile);
}

TEST_F(LostSiteTest, WhereNothingRunsWhatItWorkedWithLastIsInTheUsualPlace) {
  EXPECT_FALSE(find());
  const auto lost = find(spool_);
  ASSERT_TRUE(lost);
  EXPECT_FALSE(lost->any_runs);
  EXPECT_THAT(text_of(*lost, file_), HasSubstr("worked last with"));
  std::filesystem::remove(spool_ / kRunningSiteFile);
  EXPECT_FALSE(find(spool_));
}

TEST_F(LostSiteTest, ProgramsOfAnotherFileAreNotItsOwn) {
  run_agent(folder_.path() / "other.yaml");
  run_forwarder(folder_.path() / "other.yaml");
  EXPECT_FALSE(find());
  EXPECT_FALSE(find(spool_)) << "though they work in the usual place";
}

TEST_F(LostSiteTest, ASiteWhoseFileIsThereIsNotLost) {
  run_agent(file_);
  run_forwarder(file_);
  std::ofstream(file_) << "broken";
  EXPECT_FALSE(find(spool_));
}

}  // namespace
}  // namespace icom::supervise
