#include "agent/forward/site_spools.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "agent/listen/listener_status.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/os/utc_clock.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::forward::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class SiteSpoolsTest : public ::testing::Test {
 protected:
  SiteSpoolsTest() { site_.spool.directory = folder_.path(); }

  void set_linacs(const std::vector<std::string>& serials) {
    site_.linacs.clear();
    for (const auto& serial : serials) site_.linacs.push_back({serial, {"192.168.17.40", 1706}});
  }
  std::vector<std::string> change_to(const std::vector<std::string>& serials) {
    set_linacs(serials);
    change_streams(streams_, site_, os::real_file_system());
    std::vector<std::string> found;
    for (const auto& stream : streams_) {
      found.push_back(stream.serial() + (stream.registered() ? "" : " removed"));
    }
    return found;
  }
  /// A listener has run and has ended.
  void leave_spool_of(const std::string& serial) {
    spool::SpoolWriter writer(os::real_file_system(), folder_.path() / serial, {});
    ASSERT_FALSE(writer.append({.kind = EntryKind::frame, .bytes = as_bytes(serial)}));
  }

  os::TemporaryDirectory folder_;
  config::SiteSettings site_;
  LinacStreams streams_;
};

TEST_F(SiteSpoolsTest, EachLinacHasAStreamWithANumberOfItsOwn) {
  EXPECT_THAT(change_to({"4299", "9183"}), ElementsAre("4299", "9183"));
  EXPECT_NE(streams_[0].number(), streams_[1].number());
}

TEST_F(SiteSpoolsTest, TheGatewayIsToldTheAddressOfEachThatTheSiteHas) {
  change_to({"4299", "9183"});
  leave_spool_of("9183");
  change_to({"4299"});
  EXPECT_EQ(streams_[0].announce().address(), "192.168.17.40:1706");
  EXPECT_EQ(streams_[1].announce().serial(), "9183");
  EXPECT_EQ(streams_[1].announce().address(), "");
  change_to({"4299", "9183"});
  EXPECT_EQ(streams_[1].announce().address(), "192.168.17.40:1706");
}

TEST_F(SiteSpoolsTest, AStreamThatStaysIsNotTouched) {
  change_to({"4299", "9183"});
  const LinacStream* const stays = &streams_[1];
  const auto number = stays->number();
  EXPECT_THAT(change_to({"2619", "9183"}), ElementsAre("9183", "2619"));
  EXPECT_EQ(&streams_[0], stays);
  EXPECT_EQ(streams_[0].number(), number);
  EXPECT_NE(streams_[1].number(), number);
}

TEST_F(SiteSpoolsTest, ARemovedLinacsStreamStaysUntilItsSpoolIsEmpty) {
  change_to({"4299", "9183"});
  leave_spool_of("9183");
  EXPECT_THAT(change_to({"4299"}), ElementsAre("4299", "9183 removed"));
  std::filesystem::remove_all(folder_.path() / "9183");
  EXPECT_THAT(change_to({"4299"}), ElementsAre("4299"));
}

TEST_F(SiteSpoolsTest, ARemovedLinacsStreamStaysWhileItsListenerRuns) {
  change_to({"4299", "9183"});
  {
    const spool::SpoolWriter listener(os::real_file_system(), folder_.path() / "9183", {});
    for (const auto& file : std::filesystem::directory_iterator(folder_.path() / "9183")) {
      if (file.path().extension() == ".spool") std::filesystem::remove(file.path());
    }
    EXPECT_THAT(change_to({"4299"}), ElementsAre("4299", "9183 removed"));
  }
  EXPECT_THAT(change_to({"4299"}), ElementsAre("4299"));
}

TEST_F(SiteSpoolsTest, ALinacThatIsAddedAgainHasItsStreamStill) {
  change_to({"4299"});
  leave_spool_of("4299");
  change_to({});
  const LinacStream* const stream = &streams_[0];
  EXPECT_THAT(change_to({"4299"}), ElementsAre("4299"));
  EXPECT_EQ(&streams_[0], stream);
}

TEST_F(SiteSpoolsTest, ASpoolThatALinacOfEarlierDaysHasLeftIsSentToo) {
  leave_spool_of("9183");
  leave_spool_of("1234");
  EXPECT_THAT(change_to({"4299", "9183"}), UnorderedElementsAre("4299", "9183", "1234 removed"));
}

TEST_F(SiteSpoolsTest, FoldersAndFilesThatAreNoSpoolsAreLeftAlone) {
  std::filesystem::create_directories(folder_.path() / "lost+found");
  std::ofstream(folder_.path() / "forward.json") << "{}";
  EXPECT_THAT(change_to({"4299"}), ElementsAre("4299"));
}

TEST_F(SiteSpoolsTest, TheGatewayIsToldOfNoConnectionByAFileThatIsOldOrOfATimeToCome) {
  change_to({"4299"});
  link::LinacWelcome answer;
  answer.set_accepted(true);
  streams_[0].welcome(answer);
  std::filesystem::create_directories(folder_.path() / "4299");
  listen::ListenerStatus status;
  status.serial = "4299";
  status.stream.connected = true;
  const auto told = [&](std::chrono::seconds ahead) {
    status.written_us = os::utc_now_us() + std::chrono::microseconds(ahead).count();
    std::ofstream(folder_.path() / "4299" / listen::kListenerStatusFile) << listen::to_json(status);
    return listener_status(streams_).linacs(0).connected();
  };
  EXPECT_TRUE(told(std::chrono::seconds(0)));
  EXPECT_FALSE(told(std::chrono::seconds(-60)));
  EXPECT_FALSE(told(std::chrono::hours(1)));
}

}  // namespace
}  // namespace icom::forward::testing
