#include "gateway/serve/check.hpp"

#include <gmock/gmock.h>

#include "gateway/serve/gateway.hpp"
#include "tests/unit/serve/gateway_folder.hpp"

namespace icom::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

class CheckTest : public GatewayFolder {
 protected:
  int run() {
    std::ostringstream out;
    const int exit_code = check(config_, out);
    printed_ = out.str();
    return exit_code;
  }
  std::string printed_;
};

TEST_F(CheckTest, GatewayThatCanStartIsOkAndNothingIsLeftBehind) {
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, Not(HasSubstr("FAIL")));
  EXPECT_THAT(printed_, HasSubstr("ok    site nbcc: Linacs 4299, 9183"));
  EXPECT_THAT(printed_, HasSubstr("ok    token of nbcc"));
  EXPECT_THAT(printed_, HasSubstr("can be listened on"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "archive"));
}

TEST_F(CheckTest, WrongSettingsAreListedAndGiveTwo) {
  write("gateway.yaml", config::with(settings(), "ingest:", "ingres:"));
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  settings: " + config_.string() + ":1: ingest:"));
  EXPECT_THAT(printed_, HasSubstr("did you mean ingest?"));
}

TEST_F(CheckTest, TokenThatIsMissingOrOpenToAllFails) {
  write_token("nbcc", kToken, 0644);
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  token of nbcc"));
  EXPECT_THAT(printed_, Not(HasSubstr(kToken)));
  std::filesystem::remove(folder_ / "tokens/nbcc.token");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  token of nbcc"));
}

TEST_F(CheckTest, ArchiveThatIsAwayFailsWithWhatToDo) {
  std::filesystem::remove(folder_ / "archive");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  archive"));
  EXPECT_THAT(printed_, HasSubstr("mount the share"));
}

TEST_F(CheckTest, FileInTheStoresPlaceFails) {
  write("store", "a file");
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("is no folder"));
}

TEST_F(CheckTest, StoreWithoutAParentFails) {
  write("gateway.yaml", config::with(settings(), "store: store", "store: none/store"));
  EXPECT_EQ(run(), 2);
  EXPECT_THAT(printed_, HasSubstr("FAIL  store's parent"));
}

TEST_F(CheckTest, PortOfAnotherProgramFails) {
  using boost::asio::ip::tcp;
  boost::asio::io_context io;
  tcp::acceptor other(io, {boost::asio::ip::address_v4::loopback(), port_});
  other.async_accept([](boost::system::error_code, tcp::socket) {});  // and hangs up at once
  std::thread answering([&] { io.run(); });
  EXPECT_EQ(run(), 2);
  answering.join();
  EXPECT_THAT(printed_, HasSubstr("FAIL  ingest"));
  EXPECT_THAT(printed_, HasSubstr("stop what listens there"));
}

TEST_F(CheckTest, PortOfARunningGatewayIsOk) {
  const config::GatewaySettings loaded = config::load_gateway(config_);
  Gateway gateway(loaded);
  gateway.start();
  EXPECT_EQ(run(), 0) << printed_;
  EXPECT_THAT(printed_, HasSubstr("an icom-gateway listens there now"));
}

}  // namespace
}  // namespace icom::serve
