#include "agent/supervise/running_site.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "common/os/utc_clock.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::supervise {
namespace {

constexpr const char* kText = R"(site: nbcc
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
  directory: spool  # beside this file
)";

class RunningSiteTest : public ::testing::Test {
 protected:
  RunningSiteTest() {
    std::filesystem::create_directory(spool_);
    write(kText);
    keep(config::load_site(file_));
    AgentFile agent{.pid = 815, .version = "1", .started_us = 1};
    agent.site = "nbcc";
    agent.settings_us = 1'709'000'000'000'000;
    EXPECT_FALSE(write_agent_file(files_, spool_, agent));
    EXPECT_FALSE(files_.lock(spool_ / kAgentLockFile, lock_));
  }

  /// As icom-agent run does that works with `running`.
  void keep(const config::SiteSettings& running) {
    if (const auto text = text_of_running_site(files_, file_, running)) {
      std::ofstream(spool_ / kRunningSiteFile, std::ios::trunc) << *text;
    }
  }
  void write(const std::string& text) { std::ofstream(file_, std::ios::trunc) << text; }
  static std::string with(const std::string& what, const std::string& by) {
    std::string text = kText;
    return text.replace(text.find(what), what.size(), by);
  }

  os::FileSystem& files_ = os::real_file_system();
  os::TemporaryDirectory folder_;
  const std::filesystem::path file_ = folder_.path() / "site.yaml";
  const std::filesystem::path spool_ = folder_.path() / "spool";
  std::unique_ptr<os::File> lock_;
};

TEST_F(RunningSiteTest, IsFoundHoweverTheFileIsBroken) {
  for (const auto& broken : {with("timezone:", "timezoen:"), with("  host:", "\thost:"),
                             with("linacs:", "linacs: ["), with("  user: icom", "   user: icom"),
                             with("spool:\n  directory: spool", "spool: {directory: spool"),
                             with("  directory: spool", "\tdirectory: \"spool\"")}) {
    write(broken);
    SCOPED_TRACE(broken);
    EXPECT_THROW(config::load_site(file_), config::ConfigError);
    const auto running = find_running_site(files_, file_);
    ASSERT_TRUE(running);
    EXPECT_EQ(running->agent.pid, 815);
    EXPECT_EQ(running->agent.settings_us, 1'709'000'000'000'000);
    ASSERT_EQ(running->settings.linacs.size(), 1U);
    EXPECT_EQ(running->settings.linacs[0].serial, "4299");
    EXPECT_EQ(running->settings.spool.directory, spool_);
  }
}

TEST_F(RunningSiteTest, HasTheNameByWhichItWorksWhateverTheFileSaid) {
  write(with("site: nbcc", "site: renamed"));
  auto running = config::load_site(file_);
  running.site = "nbcc";
  keep(running);
  EXPECT_EQ(find_running_site(files_, file_)->settings.site, "nbcc");
}

TEST_F(RunningSiteTest, FileThatIsAnotherByThenIsNotTakenForWhatRuns) {
  const auto running = config::load_site(file_);
  write(with("4299", "9183"));
  keep(running);
  EXPECT_EQ(find_running_site(files_, file_)->settings.linacs[0].serial, "4299");
}

TEST_F(RunningSiteTest, IsNotThereWhereNoneRuns) {
  lock_.reset();
  write(with("timezone:", "timezoen:"));
  EXPECT_FALSE(find_running_site(files_, file_));
}

}  // namespace
}  // namespace icom::supervise
