#include "common/fanout/accounts.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sstream>
#include <thread>

#include "tests/unit/fanout/fan_out_fixture.hpp"
#include "tests/unit/fanout/test_directory.hpp"

namespace icom::fanout {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using testing::Eq;
using testing::Optional;

class AccountsTest : public testing::Test {
 protected:
  bool answered() {
    return within_ten_seconds([this] { return !accounts_.expects_answer(); });
  }
  TestDirectory directory_;
  Accounts accounts_{directory_.functions(), {.answer = std::chrono::hours(1), .again = {}}};
};

TEST_F(AccountsTest, NumbersAreKnownOnceTheDirectoryHasAnswered) {
  directory_.add("physics", 1002);
  directory_.hold();
  accounts_.use({"physics", "nobody-here"});
  EXPECT_TRUE(accounts_.expects_answer());
  EXPECT_EQ(accounts_.number("physics"), std::nullopt);
  directory_.release();
  ASSERT_TRUE(answered());
  EXPECT_THAT(accounts_.number("physics"), Optional(Eq(1002U)));
  EXPECT_EQ(accounts_.number("nobody-here"), std::nullopt);
}

TEST_F(AccountsTest, AnAccountThatWasMadeOrRemovedSinceIsFoundOutWhenAnUnlistedOneComes) {
  directory_.add("old", 1001);
  accounts_.use({"old", "new"});
  ASSERT_TRUE(answered());
  directory_.remove("old");
  directory_.add("new", 1002);
  accounts_.ask_about(1002);
  ASSERT_TRUE(answered());
  EXPECT_EQ(accounts_.number("old"), std::nullopt);
  EXPECT_THAT(accounts_.number("new"), Optional(Eq(1002U)));
  EXPECT_EQ(accounts_.text(1002), "new");
  EXPECT_EQ(accounts_.text(1003), "1003");
}

TEST_F(AccountsTest, WhatWasKnownCountsWhileTheDirectoryFails) {
  directory_.add("physics", 1002);
  accounts_.use({"physics"});
  ASSERT_TRUE(answered());
  directory_.fail(true);
  accounts_.use({"physics"});
  ASSERT_TRUE(answered());
  EXPECT_THAT(accounts_.number("physics"), Optional(Eq(1002U)));
}

TEST_F(AccountsTest, ADirectoryThatHangsIsAskedFourTimesAndNotMore) {
  directory_.hold();
  for (int i = 0; i < 20; ++i) accounts_.use({"physics"});
  EXPECT_TRUE(within_ten_seconds([this] { return directory_.asked() == 4; }));
  accounts_.use({"physics"});
  directory_.release();
  ASSERT_TRUE(answered());
  EXPECT_EQ(directory_.asked(), 4);
}

TEST_F(AccountsTest, ForUnlistedAccountsItIsAskedOnceInAWhile) {
  Accounts accounts(directory_.functions(), {.again = std::chrono::hours(1)});
  for (os::UserId user = 1000; user < 1020; ++user) {
    accounts.ask_about(user);
    ASSERT_TRUE(within_ten_seconds([&] { return !accounts.expects_answer(); }));
  }
  EXPECT_EQ(directory_.asked(), 1);
}

TEST_F(AccountsTest, AnAnswerThatDoesNotComeIsNotWaitedFor) {
  Accounts accounts(directory_.functions(), {.answer = milliseconds(1)});
  directory_.add("physics", 1002);
  directory_.hold();
  accounts.use({"physics"});
  EXPECT_TRUE(within_ten_seconds([&] { return !accounts.expects_answer(); }));
  directory_.release();
  EXPECT_TRUE(within_ten_seconds([&] { return accounts.number("physics") == 1002; }));
}

TEST_F(AccountsTest, AfterAVisitTheNamesAreLookedUpAgainOnce) {
  directory_.add("physics", 1002);
  accounts_.use({"physics"});
  ASSERT_TRUE(answered());
  accounts_.tend();
  EXPECT_EQ(directory_.asked(), 1) << "nobody has come";
  directory_.remove("physics");
  accounts_.note_visit();
  accounts_.tend();
  ASSERT_TRUE(answered());
  accounts_.tend();
  EXPECT_EQ(directory_.asked(), 2);
  EXPECT_EQ(accounts_.answers(), 2U);
  EXPECT_EQ(accounts_.number("physics"), std::nullopt);
}

TEST_F(AccountsTest, ANameThatNoAccountHasIsLoggedOnceUntilItHasOne) {
  const auto before = spdlog::default_logger();
  std::ostringstream text;
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
  for (int i = 0; i < 3; ++i) {
    accounts_.use({"phisics"});
    EXPECT_TRUE(answered());
  }
  const std::string once = text.str();
  EXPECT_THAT(once, testing::HasSubstr("this machine has no account phisics"));
  EXPECT_EQ(std::ranges::count(once, '\n'), 1);
  directory_.add("phisics", 1002);
  accounts_.use({"phisics"});
  EXPECT_TRUE(answered());
  directory_.remove("phisics");
  accounts_.use({"phisics"});
  EXPECT_TRUE(answered());
  spdlog::set_default_logger(before);
  const std::string twice = text.str();
  EXPECT_EQ(std::ranges::count(twice, '\n'), 2);
}

TEST_F(AccountsTest, VisitsLookUpNothingWhileTheLastAnswerIsNew) {
  Accounts accounts(directory_.functions(), {.again = std::chrono::hours(1)});
  accounts.use({"physics"});
  ASSERT_TRUE(within_ten_seconds([&] { return !accounts.expects_answer(); }));
  for (int i = 0; i < 20; ++i) {
    accounts.note_visit();
    accounts.tend();
  }
  EXPECT_FALSE(accounts.expects_answer());
  EXPECT_EQ(directory_.asked(), 1);
}

/// A fan-out whose machine has a directory service that does not answer.
class AccountsOfClients : public FanOutTest {
 protected:
  AccountsOfClients() {
    if (os::own_user() != 0) return;
    server_ = std::make_unique<FanOutServer>(
        io_.get_executor(), Limits{.goodbye = milliseconds(20)},
        std::make_shared<Accounts>(directory_.functions(),
                                   AccountTimings{.again = std::chrono::hours(1)}));
    directory_.add("physics", kPhysics);
    settings_.users = {"physics"};
  }
  void SetUp() override {
    if (os::own_user() != 0) GTEST_SKIP() << "only root can be another account";
  }
  /// A connection of that account.
  tcp::socket connect_as(os::UserId user) {
    tcp::socket socket(io_, tcp::v4());
    EXPECT_EQ(::fchown(socket.native_handle(), user, static_cast<gid_t>(-1)), 0);
    socket.connect({asio::ip::address_v4::loopback(), port()});
    return socket;
  }

  static constexpr os::UserId kPhysics = 54320;
  static constexpr os::UserId kStranger = 54321;
  TestDirectory directory_;
};

TEST_F(AccountsOfClients, ALookupThatHangsHoldsUpNobodyElse) {
  directory_.hold();
  open({"4299"});
  const auto ours = connect();
  const tcp::socket stranger = connect_as(kStranger);
  run_until([this] { return directory_.asked() > 0; });
  const auto another = connect();
  frame("on");
  run_until([&] { return ours->received == "on" && another->received == "on"; });
  EXPECT_EQ(status().refused, 0U);  // it is not decided yet
  directory_.release();
  run_until([this] { return status().refused == 1; });
}

TEST_F(AccountsOfClients, AListedAccountThatComesBeforeTheAnswerIsTakenOnceThatIsThere) {
  directory_.hold();
  open({"4299"});
  const tcp::socket physics = connect_as(kPhysics);
  run_until([this] { return directory_.asked() > 0; });
  directory_.release();
  run_until([this] { return status().clients == 1; });
  // The same settings again, while the directory does not answer: what it said counts.
  directory_.hold();
  apply();
  frame("on");
  EXPECT_EQ(status().clients, 1U);
  settings_.users.clear();
  apply();
  directory_.release();
  run_until([this] { return status().clients == 0; });
  EXPECT_EQ(status().cut_off, 1U);
}

/// The same, where an answer is never new.
class RemovedAccounts : public AccountsOfClients {
 protected:
  RemovedAccounts() {
    if (os::own_user() != 0) return;
    server_ = std::make_unique<FanOutServer>(
        io_.get_executor(), Limits{.goodbye = milliseconds(20)},
        std::make_shared<Accounts>(directory_.functions(), AccountTimings{.again = {}}));
  }
};

TEST_F(RemovedAccounts, WhoeverGetsARemovedAccountsNumberIsCutOff) {
  open({"4299"});
  const tcp::socket physics = connect_as(kPhysics);
  run_until([this] { return status().clients == 1; });
  directory_.remove("physics");  // and its number is somebody else's
  const tcp::socket heir = connect_as(kPhysics);
  // Whoever of the two is let in by the answer of before is not when the next one is there.
  run_until([this] { return status().clients == 0 && status().cut_off >= 1; });
  const std::uint64_t total = status().clients_total;
  const tcp::socket again = connect_as(kPhysics);
  run_until([this] { return status().refused >= 1; });
  EXPECT_EQ(status().clients_total, total);
}

TEST_F(RemovedAccounts, OneAnswerDecidesHoweverSlowItComes) {
  const auto slow = [](const auto& ask) {
    return [ask](const auto& what) {
      std::this_thread::sleep_for(milliseconds(100));
      return ask(what);
    };
  };
  const AccountDirectory quick = directory_.functions();
  server_ = std::make_unique<FanOutServer>(
      io_.get_executor(), Limits{.goodbye = milliseconds(20)},
      std::make_shared<Accounts>(AccountDirectory{slow(quick.number), slow(quick.name)},
                                 AccountTimings{.again = {}}));
  open({"4299"});
  const tcp::socket stranger = connect_as(kStranger);
  run_until([this] { return status().refused == 1; });
}

TEST_F(RemovedAccounts, OneAnswerDecidesAboutWhoeverIsInAndNoLongerListed) {
  settings_.users = {std::to_string(kPhysics)};  // nobody need be asked
  open({"4299"});
  const tcp::socket physics = connect_as(kPhysics);
  run_until([this] { return status().clients == 1; });
  directory_.hold();
  settings_.users.clear();
  apply();
  run_until([this] { return directory_.asked() == 1; });
  directory_.release();
  run_until([this] { return status().clients == 0; });
  EXPECT_EQ(status().cut_off, 1U);
  EXPECT_EQ(directory_.asked(), 1);
}

TEST_F(RemovedAccounts, AnybodyWhoComesHasThoseLookedAtThatAreThere) {
  open({"4299"});
  const tcp::socket physics = connect_as(kPhysics);
  run_until([this] { return status().clients == 1; });
  run_until([this] { return directory_.asked() >= 2; });  // with the settings, and for its own sake
  directory_.remove("physics");
  const auto ours = connect();
  run_until([this] { return status().cut_off == 1; });
  frame("on");
  run_until([&] { return ours->received == "on"; });
}

TEST_F(RemovedAccounts, WhoIsListedStaysWhateverComesAndWhileTheDirectoryHangs) {
  open({"4299"});
  const tcp::socket physics = connect_as(kPhysics);
  run_until([this] { return status().clients == 1; });
  const auto first = connect();
  directory_.hold();
  const auto second = connect();
  frame("on");
  run_until([&] { return first->received == "on" && second->received == "on"; });
  directory_.release();
  const auto third = connect();
  run_until([this] { return status().clients == 4; });
  EXPECT_EQ(status().cut_off, 0U);
}

}  // namespace
}  // namespace icom::fanout
