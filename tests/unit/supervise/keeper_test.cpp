// A listener's connection between two lives of it, as icom-agent run keeps it: for each way in
// which the life before ends, and the one after begins. The test plays the listeners, and the
// Linac.
#include "agent/supervise/keeper.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/listen/goodbye.hpp"
#include "agent/listen/keeper_link.hpp"
#include "agent/supervise/child.hpp"
#include "tests/unit/listen/fake_linac.hpp"
#include "tests/unit/supervise/fake_process_host.hpp"

namespace icom::supervise::testing {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;

const std::string kOld = "l";
const std::string kNew = "new l";  // the successor

class KeptConnection : public ::testing::Test {
 protected:
  KeptConnection() {
    timings_.first = timings_.most = std::chrono::hours(1);  // what is started again is so at once
    timings_.poll = milliseconds(1);
    timings_.apart = std::chrono::hours(1);
  }
  ~KeptConnection() override {
    elsewhere_ = 0;
    linac_.close();  // a goodbye waits for that
    if (child_) stop();
  }

  void start() {
    ChildPlan plan;
    plan.name = "listen";
    plan.command.program = kOld;
    plan.successor = Command{.program = kNew, .arguments = {}};
    plan.keeper_option = "--keeper";
    plan.runs_elsewhere = [this] { return elsewhere_ != 0; };
    plan.elsewhere = [this] { return elsewhere_; };
    plan.unwanted = [this] { return unwanted_; };
    child_ = std::make_unique<Child>(io_.get_executor(), host_, std::move(plan), timings_);
    boost::asio::co_spawn(io_, child_->keep(), [this](const std::exception_ptr& failure) {
      over_ = true;
      EXPECT_EQ(failure, nullptr);
    });
    io_.restart();
    io_.poll();
  }
  void stop() {
    child_->stop();
    run_until([this] { return over_; });
  }
  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "not within ten seconds";
      io_.restart();
      io_.run_one_for(milliseconds(5));
    }
  }
  /// So that all that can happen now has happened.
  void settle() {
    for (int i = 0; i < 20; ++i) {
      io_.restart();
      io_.run_one_for(milliseconds(2));
    }
  }

  [[nodiscard]] listen::KeeperLink link(const std::string& program = kOld) {
    return listen::KeeperLink(host_.passed.at(program).get());
  }
  /// The program has a connection with the Linac from now on, and says so.
  os::Descriptor connect(const std::string& program = kOld) {
    tcp::socket socket(io_);
    socket.connect({boost::asio::ip::address_v4::loopback(), linac_.address().port});
    linac_.accept();
    os::Descriptor connection(socket.release());
    EXPECT_TRUE(link(program).keep(connection.get()));
    return connection;
  }
  /// It dies, and what it had is closed by the kernel.
  void die(os::Descriptor connection, const std::string& program = kOld,
           ProcessEnd how = {.signal = 9}) {
    connection.reset();
    host_.passed[program].reset();
    host_.end(program, how);
  }
  /// Nobody of ours has the connection any more, and no goodbye was said before that was so:
  /// whoever has it, it is the one that the test holds, if any.
  [[nodiscard]] bool works(const os::Descriptor& connection) {
    return connection.valid() && listen::can_go_on(connection.get());
  }
  /// The Linac's end of it, waited for while the child goes on.
  std::string end_at_linac() {
    settle();
    return linac_.wait_for_end();
  }

  /// FIN, and no reset for what the Linac sends before it answers.
  void expect_goodbye() {
    EXPECT_EQ(end_at_linac(), "fin");
    for (unsigned number = 0; number < 2; ++number) {
      linac_.send(listen::linac_frame(number));
      settle();
    }
    linac_.close();
  }

  boost::asio::io_context io_;
  FakeProcessHost host_;
  listen::FakeLinac linac_;
  RestartTimings timings_;
  ProcessId elsewhere_ = 0;
  bool unwanted_ = false;
  bool over_ = false;
  std::unique_ptr<Child> child_;
};

class Died : public KeptConnection, public ::testing::WithParamInterface<ProcessEnd> {};

TEST_P(Died, TheNextOneIsStartedAtOnceAndGetsTheConnection) {
  start();
  die(connect(), kOld, GetParam());
  run_until([this] { return host_.starts(kOld) == 2; });
  const auto left = link().take();
  ASSERT_TRUE(works(left));
  linac_.send(listen::linac_frame(0));
}

INSTANTIATE_TEST_SUITE_P(InEachWay, Died,
                         ::testing::Values(ProcessEnd{.signal = 9}, ProcessEnd{.signal = 11},
                                           ProcessEnd{.exit_code = 1}, ProcessEnd{}));

TEST_F(KeptConnection, WhatItSaidInItsLastMomentIsHeard) {
  start();
  settle();
  auto connection = connect();  // nobody has heard that yet
  die(std::move(connection));
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_TRUE(works(link().take()));
}

TEST_F(KeptConnection, ThatNoneIsToBeKeptIsHeardInTheLastMomentToo) {
  start();
  auto connection = connect();
  settle();
  link().drop();
  die(std::move(connection));
  EXPECT_EQ(end_at_linac(), "fin");  // nobody has a copy
  EXPECT_EQ(host_.starts(kOld), 1);  // the next one has time
}

TEST_F(KeptConnection, OfTwoConnectionsTheLastOneIsKept) {
  start();
  auto first = connect();
  linac_.close();
  auto second = connect();
  first.reset();
  die(std::move(second));
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_TRUE(works(link().take()));
}

TEST_F(KeptConnection, OneThatIsDroppedIsClosedAtOnce) {
  start();
  auto connection = connect();
  settle();
  link().drop();
  settle();
  connection.reset();
  EXPECT_EQ(linac_.wait_for_end(), "fin");
}

TEST_F(KeptConnection, ASecondDeathSoonAfterIsAGoodbyeWhateverIsUnread) {
  start();
  die(connect());
  run_until([this] { return host_.starts(kOld) == 2; });
  linac_.send(listen::linac_frames(0, 9));
  auto left = link().take();
  EXPECT_TRUE(link().keep(left.get()));
  die(std::move(left));
  expect_goodbye();
}

TEST_F(KeptConnection, ASecondDeathBeforeItHasSaidAWordIsAGoodbye) {
  start();
  die(connect());
  run_until([this] { return host_.starts(kOld) == 2; });
  die({});
  expect_goodbye();
}

TEST_F(KeptConnection, DeathsThatAreFarApartAreEachGotOver) {
  timings_.apart = milliseconds(0);
  start();
  auto connection = connect();
  for (int life = 2; life < 6; ++life) {
    die(std::move(connection));
    run_until([&] { return host_.starts(kOld) == life; });
    connection = link().take();
    ASSERT_TRUE(works(connection));
    EXPECT_TRUE(link().keep(connection.get()));
  }
}

TEST_F(KeptConnection, OneThatIsNotTakenInTimeGetsItsGoodbye) {
  timings_.taken = milliseconds(10);
  start();
  die(connect());
  run_until([this] { return host_.starts(kOld) == 2; });
  expect_goodbye();
  EXPECT_FALSE(link().take().valid()) << "it comes too late for it";
  EXPECT_TRUE(host_.runs(kOld));
}

TEST_F(KeptConnection, OneThatIsTakenInTimeIsNotTouched) {
  timings_.taken = milliseconds(10);
  start();
  die(connect());
  run_until([this] { return host_.starts(kOld) == 2; });
  const auto left = link().take();
  EXPECT_TRUE(link().keep(left.get()));
  settle();
  settle();
  EXPECT_TRUE(works(left));
}

TEST_F(KeptConnection, WhereNoneCanBeStartedTheLinacGetsAGoodbye) {
  start();
  host_.missing.insert(kOld);
  die(connect());
  expect_goodbye();
}

TEST_F(KeptConnection, WhereNoneIsWantedTheLinacGetsAGoodbye) {
  start();
  auto connection = connect();
  unwanted_ = true;
  die(std::move(connection));
  expect_goodbye();
  EXPECT_EQ(host_.starts(kOld), 1);
}

TEST_F(KeptConnection, OneThatDiesWhileItIsStoppedLeavesTheGoodbyeToItsKeeper) {
  host_.stubborn.insert(kOld);
  start();
  auto connection = connect();
  linac_.send(listen::linac_frames(0, 9));  // nobody reads that
  child_->stop();
  settle();
  die(std::move(connection));
  expect_goodbye();
  run_until([this] { return over_; });
  EXPECT_EQ(host_.starts(kOld), 1);
}

TEST_F(KeptConnection, AGoodbyeThatItDidNotFinishIsFinished) {
  start();
  auto connection = connect();
  listen::say_fin(connection.get());
  linac_.send(listen::linac_frames(0, 9));  // before it has seen that
  die(std::move(connection));
  expect_goodbye();
  EXPECT_EQ(host_.starts(kOld), 1);
}

TEST_F(KeptConnection, WhatTheLinacHasClosedIsOfferedForWhatIsUnread) {
  start();
  auto connection = connect();
  linac_.send(listen::linac_frames(0, 9));
  linac_.close();
  die(std::move(connection));
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_TRUE(link().take().valid());
}

TEST_F(KeptConnection, AStrangerWhoHasTakenOverIsNotDisturbed) {
  start();
  auto connection = connect();
  const os::Descriptor strangers(::dup(connection.get()));
  elsewhere_ = 77;
  die(std::move(connection), kOld, {});
  settle();
  EXPECT_TRUE(works(strangers));
  elsewhere_ = 0;  // it has ended as well, without a word to us
  settle();
  EXPECT_FALSE(link().take().valid());
  EXPECT_TRUE(works(strangers));
}

// A successor that has taken over: the end of the old one is none of the connection, whatever has
// been heard by then.
TEST_F(KeptConnection, TheEndOfOneThatHasHandedOverIsNotNoticed) {
  start();
  auto connection = connect();
  child_->replace();
  const os::Descriptor handed_over(::dup(connection.get()));
  EXPECT_TRUE(link(kNew).keep(handed_over.get()));
  die(std::move(connection), kOld, {});
  settle();
  EXPECT_TRUE(works(handed_over));
  EXPECT_EQ(host_.starts(kOld), 1);
}

TEST_F(KeptConnection, WhatASuccessorWasHandedIsItsOwnHoweverLateItsFirstWordComes) {
  timings_.taken = milliseconds(0);
  start();
  auto connection = connect();
  child_->replace();
  const os::Descriptor handed_over(::dup(connection.get()));
  die(std::move(connection), kOld, {});
  settle();
  EXPECT_TRUE(works(handed_over));
}

TEST_F(KeptConnection, ASuccessorThatDiesBeforeItsFirstWordLeavesWhatItWasHanded) {
  start();
  auto connection = connect();
  child_->replace();
  os::Descriptor handed_over(::dup(connection.get()));
  die(std::move(connection), kOld, {});
  settle();
  die(std::move(handed_over), kNew);
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_TRUE(works(link().take()));
}

TEST_F(KeptConnection, BothSidesOfATakeOverDieAndTheConnectionIsThere) {
  for (const bool new_one_first : {false, true}) {
    SCOPED_TRACE(new_one_first);
    host_.events.clear();
    over_ = false;
    start();
    auto connection = connect();
    child_->replace();
    os::Descriptor handed_over(::dup(connection.get()));
    EXPECT_TRUE(link(kNew).keep(handed_over.get()));
    if (new_one_first) die(std::move(handed_over), kNew);
    die(std::move(connection));
    if (!new_one_first) die(std::move(handed_over), kNew);
    run_until([this] { return host_.starts(kOld) == 2; });
    EXPECT_TRUE(works(link().take()));
    linac_.close();
    stop();
  }
}

TEST_F(KeptConnection, OfBothSidesThatDieTheSuccessorsConnectionIsTheNewerOne) {
  start();
  auto connection = connect();
  child_->replace();
  auto newer = connect(kNew);  // the first was closed meanwhile
  die(std::move(newer), kNew);
  die(std::move(connection));
  run_until([this] { return host_.starts(kOld) == 2; });
  const auto left = link().take();
  linac_.send(as_bytes("x"));
  char got = 0;
  EXPECT_EQ(::recv(left.get(), &got, 1, 0), 1) << "the first one has ended";
}

TEST_F(KeptConnection, ASuccessorOfAnAdoptedOneThatDiesAtOnceLeavesItsConnection) {
  elsewhere_ = 77;
  start();
  child_->replace();
  auto connection = connect(kNew);
  elsewhere_ = 0;
  die(std::move(connection), kNew);
  run_until([this] { return host_.starts(kOld) == 1; });
  EXPECT_TRUE(works(link().take()));
}

TEST_F(KeptConnection, WhatASuccessorSaysItselfCountsMoreThanWhatItWasHanded) {
  start();
  auto connection = connect();
  child_->replace();
  EXPECT_TRUE(link(kNew).keep(connection.get()));
  link(kNew).drop();
  die(std::move(connection), kOld, {});
  EXPECT_EQ(end_at_linac(), "fin");  // the last copy is closed
  EXPECT_TRUE(host_.runs(kNew));
}

TEST_F(KeptConnection, ASuccessorThatFailsTakesNothingWithIt) {
  start();
  auto connection = connect();
  child_->replace();
  die({}, kNew, {.exit_code = 1});
  settle();
  EXPECT_TRUE(works(connection));
  die(std::move(connection));
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_TRUE(works(link().take()));
}

TEST_F(KeptConnection, AKeeperThatIsGoneIsNoticedByItsProgram) {
  start();
  const os::Descriptor programs(::dup(host_.passed.at(kOld).get()));
  child_.reset();
  io_.restart();
  EXPECT_FALSE(listen::KeeperLink(programs.get()).keep(programs.get()));
}

}  // namespace
}  // namespace icom::supervise::testing
