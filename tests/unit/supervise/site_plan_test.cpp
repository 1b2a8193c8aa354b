#include "agent/supervise/site_plan.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/forward/status_files.hpp"
#include "agent/listen/listener_status.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/os/utc_clock.hpp"
#include "tests/unit/config/example_site.hpp"
#include "tests/unit/supervise/started_as.hpp"

namespace icom::supervise::testing {
namespace {

TEST(IsProgramOf, AnotherProgramsProcessOrAnotherSitesIsNot) {
  const auto is_forwarder = [](const std::string& program,
                               const std::vector<std::string>& options) {
    const StartedAs started(program, options);
    return is_program_of(started.process(), "icom-forward", "/var/lib/icom/spool");
  };
  EXPECT_TRUE(is_forwarder("/usr/local/bin/icom-forward", {"--spool", "/var/lib/icom/spool"}));
  EXPECT_TRUE(is_forwarder("icom-forward", {"--spool=/var/lib/icom/spool"}));
  EXPECT_TRUE(is_forwarder("icom-forward", {"--site", "site.yaml"})) << "its file says which";
  EXPECT_FALSE(is_forwarder("icom-forward", {"--spool", "/var/lib/icom/other"}));
  EXPECT_FALSE(is_forwarder("icom-listen", {"--spool", "/var/lib/icom/spool"}));
  EXPECT_FALSE(is_program_of(0, "icom-forward", "/var/lib/icom/spool"));
}

TEST(IsListenerOf, TheListenerOfAnotherLinacOfTheSiteIsNot) {
  const auto is_4299s = [](const std::vector<std::string>& options) {
    std::vector<std::string> all{"--spool", "/var/lib/icom/spool"};
    all.insert(all.end(), options.begin(), options.end());
    const StartedAs started("icom-listen", all);
    return is_listener_of(started.process(), "4299", "/var/lib/icom/spool");
  };
  EXPECT_TRUE(is_4299s({"--serial", "4299"}));
  EXPECT_TRUE(is_4299s({"--serial=4299"}));
  EXPECT_FALSE(is_4299s({"--serial", "9183"}));
  EXPECT_FALSE(is_4299s({"--serial=9183", "--linac", "4299"}));
}

class AsItRuns : public ::testing::Test {
 protected:
  AsItRuns() {
    std::string name = (std::filesystem::temp_directory_path() / "site_plan.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    site_.spool.directory = folder_;
    site_.linacs = {linac("4299", "192.168.17.40:1706"), linac("9183", "192.168.17.42:1706")};
  }
  ~AsItRuns() override { std::filesystem::remove_all(folder_); }

  static config::LinacSettings linac(const std::string& serial, const std::string& address) {
    return {.serial = serial, .address = *config::parse_address(address, config::kIcomPort)};
  }
  void tells(const std::string& serial, const std::string& address) {
    std::filesystem::create_directories(folder_ / serial);
    listen::ListenerStatus status;
    status.serial = serial;
    status.address = address;
    std::ofstream(folder_ / serial / listen::kListenerStatusFile) << to_json(status);
  }
  void runs(const std::string& serial) {
    std::unique_ptr<os::File> lock;
    ASSERT_FALSE(os::real_file_system().lock(folder_ / serial / spool::kLockFile, lock));
    locks_.push_back(std::move(lock));
  }
  [[nodiscard]] std::vector<std::string> linacs() const {
    std::vector<std::string> found;
    for (const auto& one : as_it_runs(site_).linacs) {
      found.push_back(one.serial + " " + one.address.text());
    }
    return found;
  }

  std::filesystem::path folder_;
  config::SiteSettings site_;
  std::vector<std::unique_ptr<os::File>> locks_;
  const std::vector<std::string> as_in_the_settings_{"4299 192.168.17.40:1706",
                                                     "9183 192.168.17.42:1706"};
};

TEST_F(AsItRuns, IsAsInTheSettingsWhereNothingRuns) {
  EXPECT_EQ(linacs(), as_in_the_settings_);
  tells("4299", "192.168.17.9:1706");  // what a listener left that has ended
  tells("2619", "192.168.17.43:1706");
  EXPECT_EQ(linacs(), as_in_the_settings_);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "4299" / spool::kLockFile));
}

TEST_F(AsItRuns, ARunningListenersAddressIsTheOneThatItIsConnectedTo) {
  tells("4299", "192.168.17.9:1706");
  runs("4299");
  EXPECT_EQ(linacs(),
            (std::vector<std::string>{"4299 192.168.17.9:1706", "9183 192.168.17.42:1706"}));
}

TEST_F(AsItRuns, ARunningListenerOfALinacThatIsNotInTheSettingsIsThere) {
  tells("2619", "192.168.17.43:1706");
  runs("2619");
  EXPECT_EQ(linacs(),
            (std::vector<std::string>{"4299 192.168.17.40:1706", "9183 192.168.17.42:1706",
                                      "2619 192.168.17.43:1706"}));
}

TEST_F(AsItRuns, ARunningListenerThatTellsNothingIsTakenAsInTheSettings) {
  std::filesystem::create_directories(folder_ / "4299");
  runs("4299");
  std::filesystem::create_directories(folder_ / "2619");
  runs("2619");
  EXPECT_EQ(linacs(), as_in_the_settings_);
}

/// What stands behind `option`; empty if that is not there.
std::string value_of(const ChildPlan& plan, const std::string& option) {
  const auto& arguments = plan.command.arguments;
  const auto found = std::ranges::find(arguments, option);
  return found == arguments.end() ? "" : *(found + 1);
}

TEST(ReaderPlans, NameTheSiteAndTheSpoolsThatAreInUseWhateverTheFileSays) {
  config::SiteSettings site;
  site.site = "nbcc";
  site.spool.directory = "/var/lib/icom/spool";
  site.fan_out.ports.emplace_back().serial = "4299";
  auto& files = os::real_file_system();
  const auto forwarder = forwarder_plan("nbcc.yaml", site, {}, files);
  const auto fan_out = fan_out_plan("nbcc.yaml", site, {}, files);
  ASSERT_TRUE(fan_out);
  for (const ChildPlan& plan : {forwarder, *fan_out}) {
    EXPECT_EQ(value_of(plan, "--site"), "nbcc.yaml") << plan.name;
    EXPECT_EQ(value_of(plan, "--site-name"), "nbcc") << plan.name;
    EXPECT_EQ(value_of(plan, "--spool"), "/var/lib/icom/spool") << plan.name;
  }
}

using WhatReadersTell = AsItRuns;

TEST_F(AsItRuns, AFanOutThatRunsIsLookedAfterThoughNoLinacHasAPortAnyMore) {
  auto& files = os::real_file_system();
  EXPECT_FALSE(fan_out_plan("nbcc.yaml", site_, {}, files));
  std::unique_ptr<os::File> lock;
  ASSERT_FALSE(files.lock(folder_ / fanout::kFanOutLockFile, lock));
  EXPECT_TRUE(fan_out_plan("nbcc.yaml", site_, {}, files));
}

TEST_F(WhatReadersTell, WhomTheirEndWouldCutOffIsWhatTheyToldLately) {
  site_.fan_out.ports.emplace_back().serial = "4299";
  auto& files = os::real_file_system();
  const auto site_file = folder_ / "nbcc.yaml";
  std::ofstream(site_file) << config::kSite;
  const Programs programs{.folder = folder_, .log_level = "info"};
  for (const char* program : {"icom-fanout", "icom-forward"}) std::ofstream(folder_ / program);
  const auto fan_out = fan_out_plan(site_file, site_, programs, files);
  const auto forwarder = forwarder_plan(site_file, site_, programs, files);
  ASSERT_TRUE(fan_out);
  EXPECT_EQ(fan_out->would_cut_off(std::chrono::hours(1)), std::nullopt);
  EXPECT_EQ(forwarder.would_cut_off(std::chrono::hours(1)), std::nullopt);

  fanout::FanOutStatus fan_out_status;
  fan_out_status.ports.resize(2);
  fan_out_status.ports[0].clients = 2;
  fan_out_status.ports[1].clients = 1;
  forward::ForwardStatus forward_status;
  const auto write = [&](std::chrono::microseconds age) {
    fan_out_status.written_us = forward_status.written_us = os::utc_now_us() - age.count();
    std::ofstream(folder_ / fanout::kFanOutStatusFile) << to_json(fan_out_status);
    std::ofstream(folder_ / forward::kForwardStatusFile) << to_json(forward_status);
  };
  write(std::chrono::milliseconds(500));
  EXPECT_EQ(fan_out->would_cut_off(std::chrono::hours(1)), std::optional<std::uint64_t>(3));
  EXPECT_EQ(forwarder.would_cut_off(std::chrono::hours(1)), std::optional<std::uint64_t>(0));
  EXPECT_EQ(fan_out->would_cut_off(std::chrono::milliseconds(500)), std::nullopt);
  EXPECT_EQ(forwarder.would_cut_off(std::chrono::milliseconds(500)), std::nullopt);
  forward_status.forwards.resize(2);
  forward_status.forwards[1].connections = 2;
  write(std::chrono::milliseconds(500));
  EXPECT_EQ(forwarder.would_cut_off(std::chrono::hours(1)), std::optional<std::uint64_t>(2));
  forward_status.forwards.clear();
  write(std::chrono::milliseconds(500));
  // A program that could not run is no reason to end one that does.
  std::ofstream(site_file) << "site: [";
  EXPECT_EQ(forwarder.would_cut_off(std::chrono::hours(1)), std::nullopt);
  std::ofstream(site_file) << config::kSite;
  EXPECT_EQ(forwarder.would_cut_off(std::chrono::hours(1)), std::optional<std::uint64_t>(0));
  std::filesystem::remove(folder_ / "icom-forward");
  EXPECT_EQ(forwarder.would_cut_off(std::chrono::hours(1)), std::nullopt);
  write(std::chrono::minutes(1));
  EXPECT_EQ(fan_out->would_cut_off(std::chrono::hours(1)), std::nullopt);
  write(-std::chrono::minutes(1));  // the clock was set back
  EXPECT_EQ(fan_out->would_cut_off(std::chrono::hours(1)), std::nullopt);
}

}  // namespace
}  // namespace icom::supervise::testing
