// With the sshd that the machine has.
#include "gateway/serve/sshd_check.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <sstream>
#include <thread>

#include "gateway/serve/sshd_port_check.hpp"
#include "tests/unit/serve/gateway_folder.hpp"

namespace icom::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::Not;

class SshdCheck : public GatewayFolder {
 protected:
  [[nodiscard]] std::string check_with(const std::string& ingest, const SshdProgram& program) {
    config::GatewaySettings loaded = config::load_gateway(config_);
    loaded.ingest = config::parse_address(ingest, 0).value();
    loaded.tunnel = config::TunnelEndSettings{"hosting.example", 922, "no-such-account", {}};
    std::ostringstream out;
    CheckReport report(out);
    check_sshd(report, loaded, program);
    report.say_left_out("why");
    return out.str();
  }
  /// What a program that prints this says.
  [[nodiscard]] SshdProgram printing(const std::string& script) const {
    const auto file = write("sshd", "#!/bin/sh\n" + script);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return {file, {}};
  }
};

TEST_F(SshdCheck, OfASshdThatMayBeOnAnotherMachineNothingIsSaid) {
  EXPECT_THAT(check_with("192.0.2.1:7600", {}), HasSubstr("note  sshd for account no-such-account: "
                                                          "may be on another machine"));
}

TEST_F(SshdCheck, WhoeverIsNotRootIsToldThatItWasLeftOut) {
  if (::geteuid() == 0) GTEST_SKIP() << "is root";
  EXPECT_THAT(check_with("127.0.0.1:7600", {}),
              HasSubstr("FAIL  not checked: sshd for account no-such-account"));
}

TEST_F(SshdCheck, WhereThereIsNoSshdThatIsNoted) {
  if (::geteuid() != 0) GTEST_SKIP() << "root's alone to ask";
  EXPECT_THAT(check_with("127.0.0.1:7600", {folder_ / "none", {}}),
              HasSubstr("none is not there: what else lets sites in here is not looked at"));
}

TEST_F(SshdCheck, SettingsThatSshdCannotTakeFailWithItsOwnWords) {
  if (::geteuid() != 0) GTEST_SKIP() << "root's alone to ask";
  const std::string said =
      check_with("127.0.0.1:7600",
                 printing("echo 'a: line 1: Deprecated option Old' >&2\n"
                          "echo 'a: line 43: Bad configuration option: Foo' >&2\n"
                          "echo 'a: terminating, 1 bad configuration options' >&2\nexit 255\n"));
  EXPECT_THAT(said, HasSubstr("FAIL  sshd for account no-such-account: "));
  EXPECT_THAT(said, HasSubstr("-T says: a: line 43: Bad configuration option: Foo; "));
}

TEST_F(SshdCheck, IsAskedForTheAccountAtItsPort) {
  const auto answer = sshd_settings_for("icom", 922, printing("echo asked \"$@\"; cat"));
  ASSERT_TRUE(std::holds_alternative<SshdSettings>(answer));
  EXPECT_EQ(std::get<SshdSettings>(answer).value("asked"),
            "-T -C user=icom,host=192.0.2.1,addr=192.0.2.1,laddr=127.0.0.1,lport=922");
}

TEST_F(SshdCheck, AnAccountThatIsNotThereAndKeysThatNobodyIsAskedForFail) {
  if (::geteuid() != 0) GTEST_SKIP() << "root's alone to ask";
  const std::string said =
      check_with("127.0.0.1:7600", printing("echo authorizedkeyscommand none\n"));
  EXPECT_THAT(said, HasSubstr("this machine has no such account: useradd --system"));
  EXPECT_THAT(said, HasSubstr("AuthorizedKeysCommand is none"));
  EXPECT_THAT(said, Not(HasSubstr("lets sites reach")));
}

TEST_F(SshdCheck, AProgramThatOthersCanChangeIsNotAsked) {
  if (::geteuid() != 0) GTEST_SKIP() << "root's alone to ask";
  write("icom-gateway", "");
  std::filesystem::permissions(folder_ / "icom-gateway", std::filesystem::perms::all);
  const std::string said =
      check_with("127.0.0.1:7600", printing("echo authorizedkeyscommand " + folder_.string() +
                                            "/icom-gateway authorized-keys --registration x %f\n"));
  EXPECT_THAT(said, HasSubstr("icom-gateway is not root's alone to change"));
}

TEST_F(SshdCheck, KeysThatOthersCanChangeFail) {
  if (::geteuid() != 0) GTEST_SKIP() << "root's alone to ask";
  const auto keys = write("store/registration/authorized_keys", "");
  std::filesystem::permissions(keys, std::filesystem::perms(0620));
  EXPECT_THAT(check_with("127.0.0.1:7600", printing("echo usepam yes\n")),
              HasSubstr(keys.string() + " can be changed by others than its owner"));
}

/// Answers one connection with this.
class Answering {
 public:
  explicit Answering(std::string text)
      : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}), text_(std::move(text)) {
    acceptor_.async_accept([this](boost::system::error_code failed, tcp::socket client) {
      boost::system::error_code ignored;
      if (!failed) asio::write(client, asio::buffer(text_), ignored);
    });
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~Answering() { io_.stop(); }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::string text_;
  std::jthread thread_;
};

std::string port_check(const std::vector<config::Address>& listens, std::uint16_t port) {
  std::ostringstream out;
  CheckReport report(out);
  check_sshd_port(report, "sshd", listens, port);
  return out.str();
}

TEST(SshdPort, OneThatSpeaksSshIsOkAndWhatItIsIsSaid) {
  const Answering server("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
  EXPECT_EQ(port_check({{"0.0.0.0", server.port()}}, server.port()),
            "ok    sshd: answers at 127.0.0.1:" + std::to_string(server.port()) +
                ": SSH-2.0-OpenSSH_9.2p1 Debian-2\n");
}

TEST(SshdPort, OneThatSpeaksSomethingElseFails) {
  const Answering server("HTTP/1.1 400 Bad Request\r\n");
  EXPECT_THAT(port_check({{"127.0.0.1", server.port()}}, server.port()),
              HasSubstr("speaks no SSH (it says: HTTP/1.1 400 Bad Request)"));
}

TEST(SshdPort, OneAtWhichNobodyListensFails) {
  const std::uint16_t port = free_port();
  EXPECT_THAT(port_check({{"127.0.0.1", port}}, port),
              HasSubstr("FAIL  sshd: its settings have it listen at 127.0.0.1:"));
}

/// A router may stand before the machine.
TEST(SshdPort, OneThatIsNotTheSitesIsNotedAndTriedAllTheSame) {
  const Answering server("SSH-2.0-OpenSSH_9.2p1\r\n");
  const std::string said = port_check({{"127.0.0.1", server.port()}}, 1);
  EXPECT_THAT(said, HasSubstr("note  sshd: its settings have it listen at 127.0.0.1:"));
  EXPECT_THAT(said, HasSubstr("sites are told to come to port 1 (tunnel.port)"));
  EXPECT_THAT(said, HasSubstr("ok    sshd: answers at"));
}

}  // namespace
}  // namespace icom::serve
