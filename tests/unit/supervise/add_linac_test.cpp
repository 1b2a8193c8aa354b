#include "agent/supervise/add_linac_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

#include "agent/forward/forward_status.hpp"
#include "agent/listen/listen_program.hpp"
#include "agent/spool/spool_writer.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/spool_of_another.hpp"
#include "tests/unit/os/threads_that_stay.hpp"

namespace icom::supervise {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ProbeReport of_linac(const std::string& id, std::int64_t ahead) {
  ProbeReport report;
  report.answered = true;
  report.machine_id = id;
  report.clock_ahead_seconds = ahead;
  report.timezone = "Australia/Sydney";
  return report;
}

const config::LinacSettings kLinac{"4299", {"192.168.17.40", 1706}};

TEST(AddLinacDoubtsTest, NoneWhereTheMachineAndItsClockAreRight) {
  for (const std::int64_t ahead : {-60, 0, 60}) {
    const LinacDoubts doubts = doubts_about(of_linac("4299", ahead), kLinac);
    EXPECT_FALSE(doubts.identity);
    EXPECT_THAT(doubts.others, IsEmpty());
  }
}

TEST(AddLinacDoubtsTest, AMachineThatCallsItselfSomethingElseIsNamed) {
  EXPECT_THAT(doubts_about(of_linac("9183", 0), kLinac).identity.value_or(""),
              AllOf(HasSubstr("9183"), HasSubstr("4299")));
}

TEST(AddLinacDoubtsTest, AClockThatIsOffByMoreThanAMinuteIsSaidWithItsZone) {
  EXPECT_THAT(doubts_about(of_linac("4299", 61), kLinac).others,
              ElementsAre(AllOf(HasSubstr("61 s ahead of"), HasSubstr("Australia/Sydney"))));
  EXPECT_THAT(doubts_about(of_linac("4299", -3600), kLinac).others,
              ElementsAre(HasSubstr("3600 s behind")));
  EXPECT_THAT(doubts_about(of_linac("4299", -23'663'776), kLinac).others,
              ElementsAre(HasSubstr("23663776 s (273 days) behind")));
}

TEST(AddLinacDoubtsTest, FramesWithoutAMachineIdAreSaid) {
  ProbeReport report = of_linac("", 0);
  report.machine_id.reset();
  const LinacDoubts doubts = doubts_about(report, kLinac);
  EXPECT_FALSE(doubts.identity);
  EXPECT_THAT(doubts.others, ElementsAre(HasSubstr("no machine ID")));
}

class AddLinacTest : public ::testing::Test {
 protected:
  AddLinacTest() {
    std::string name = (std::filesystem::temp_directory_path() / "icom-add-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream(options_.site_file = folder_ / "site.yaml")
        << "site: nbcc\ntimezone: Australia/Sydney\nlinacs:\n  - serial: \"9183\"\n"
           "    address: 192.168.17.42\n"
           "tunnel:\n  host: physics.example\n  port: 22\n  user: icom\n"
           "  key: /etc/icom/tunnel.key\n  known_hosts: /etc/icom/known_hosts\n"
           "  gateway: 127.0.0.1:7600\n  token_file: /etc/icom/token\n"
           "spool:\n  directory: "
        << (folder_ / "spool").string() << "\nforwards: []\n";
    options_.linac.serial = "4299";
    options_.look = std::chrono::milliseconds(100);
    options_.yes = true;
  }
  ~AddLinacTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string written() const {
    std::ifstream file(options_.site_file);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
  AddLinacOptions options_;
};

TEST_F(AddLinacTest, ALinacThatAnotherProgramOfThisMachineHasIsNeitherLookedAtNorWritten) {
  const ThreadsThatStay until_the_lookup_has_ended;
  boost::asio::io_context io;
  using boost::asio::ip::tcp;
  tcp::acceptor linac(io, {boost::asio::ip::address_v4::loopback(), 0});
  tcp::socket another_listeners(io);
  another_listeners.connect(linac.local_endpoint());
  const tcp::socket had = linac.accept();
  linac.non_blocking(true);
  const std::string before = written();
  options_.linac.address = {"localhost", linac.local_endpoint().port()};
  ::testing::internal::CaptureStderr();
  const int code = add_linac(options_);
  EXPECT_EQ(code, kFailed);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("a program of this machine is connected to localhost:"));
  EXPECT_EQ(written(), before);
  boost::system::error_code nobody;
  const auto second = linac.accept(nobody);
  EXPECT_FALSE(second.is_open()) << "it has had a second client";
}

class SpoolOfAnotherTest : public ::testing::Test {
 protected:
  SpoolOfAnotherTest() {
    std::string name = (std::filesystem::temp_directory_path() / "icom-spool-XXXXXX").string();
    site_.spool.directory = ::mkdtemp(name.data());
    site_.linacs = {kLinac};
    std::filesystem::create_directory(folder_of("4239"));
    std::ofstream(folder_of("4239") / "1.spool") << "frames";
  }
  ~SpoolOfAnotherTest() override { std::filesystem::remove_all(site_.spool.directory); }

  [[nodiscard]] std::filesystem::path folder_of(const std::string& serial) const {
    return site_.spool.directory / serial;
  }
  std::string why(const std::string& from) {
    return why_spool_stays(os::real_file_system(), site_, from, "4299").value_or("");
  }

  config::SiteSettings site_;
};

TEST_F(SpoolOfAnotherTest, BecomesTheLinacsWithAllThatIsInIt) {
  std::ofstream(folder_of("4239") / listen::kDrainedFile) << "asked to leave";
  EXPECT_EQ(why("4239"), "");
  give_spool(os::real_file_system(), site_, "4239", "4299");
  EXPECT_FALSE(std::filesystem::exists(folder_of("4239")));
  EXPECT_TRUE(std::filesystem::exists(folder_of("4299") / "1.spool"));
  EXPECT_FALSE(std::filesystem::exists(folder_of("4299") / listen::kDrainedFile)) << "it is wanted";
}

TEST_F(SpoolOfAnotherTest, StaysWhereItsListenerRunsOrTheSiteHasItOrTheOtherHasOne) {
  EXPECT_THAT(why("4240"), HasSubstr("there is no spool of Linac 4240"));
  EXPECT_THAT(why("../4239"), HasSubstr("is no serial"));
  EXPECT_THAT(why("4299"), HasSubstr("its own already"));
  {
    std::unique_ptr<os::File> listener;
    ASSERT_FALSE(os::real_file_system().lock(folder_of("4239") / spool::kLockFile, listener));
    EXPECT_THAT(why("4239"), AllOf(HasSubstr("still runs"), HasSubstr("try again")));
    EXPECT_THROW(give_spool(os::real_file_system(), site_, "4239", "4299"), std::runtime_error);
  }
  site_.linacs.push_back({"4239", {"192.168.17.41", 1706}});
  EXPECT_THAT(why("4239"), HasSubstr("icom-agent remove-linac --serial 4239"));
  site_.linacs.pop_back();
  std::filesystem::create_directory(folder_of("4299"));
  EXPECT_THAT(why("4239"), HasSubstr("has a spool already"));
  EXPECT_THROW(give_spool(os::real_file_system(), site_, "4239", "4299"), std::runtime_error);
  EXPECT_TRUE(std::filesystem::exists(folder_of("4239") / "1.spool"));
}

TEST_F(SpoolOfAnotherTest, StaysWhereTheGatewayTakesWhatItHolds) {
  forward::ForwardStatus forwarder;
  auto& linac = forwarder.linacs.emplace_back();
  linac.serial = "4239";
  linac.accepted = true;
  const auto write = [&] {
    std::ofstream(site_.spool.directory / "forward.json") << forward::to_json(forwarder);
  };
  write();
  EXPECT_THAT(why("4239"), HasSubstr("stored under both"));
  linac.accepted = false;
  write();
  EXPECT_EQ(why("4239"), "");
}

}  // namespace
}  // namespace icom::supervise
