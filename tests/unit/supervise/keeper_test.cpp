// A listener's connection between two lives of it, as icom-agent run keeps it: for each way in
// which the life before ends, and the one after begins. The test plays the listeners, and the
// Linac.
#include "agent/supervise/keeper.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
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
    timings_.pulse = {
        .silent = milliseconds(30), .look = milliseconds(2), .blind = milliseconds(20)};
    timings_.answer = milliseconds(1);
    timings_.unkept = milliseconds(30);
  }
  ~KeptConnection() override {
    host_.on_signal = nullptr;
    elsewhere_ = 0;
    linac_.close();  // a goodbye waits for that
    if (child_) stop();
  }

  void start() {
    ChildPlan plan;
    plan.name = "listen";
    plan.command.program = kOld;
    if (!connected_to_.empty()) plan.successor = Command{.program = kNew, .arguments = {}};
    plan.keeper_option = "--keeper";
    plan.runs_elsewhere = [this] { return elsewhere_ != 0; };
    plan.elsewhere = [this] { return has_name_ ? elsewhere_ : 0; };
    plan.unwanted = [this] { return unwanted_; };
    plan.connected_to = connected_to_;
    plan.answers = [this](milliseconds) -> boost::asio::awaitable<bool> {
      ++asked_;
      if (on_asked_) on_asked_();
      co_return answers_;
    };
    plan.only_if_it_runs = only_if_it_runs_;
    if (would_cut_off_) plan.would_cut_off = [this](milliseconds) { return would_cut_off_(); };
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
  void run_for(milliseconds time) {
    for (const auto end = std::chrono::steady_clock::now() + time;
         std::chrono::steady_clock::now() < end;) {
      io_.restart();
      io_.run_one_for(milliseconds(1));
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
  os::Connection connect(const std::string& program = kOld) {
    tcp::socket socket(io_);
    socket.connect({boost::asio::ip::address_v4::loopback(), linac_.address().port});
    linac_.accept();
    os::Connection connection(socket.release());
    EXPECT_TRUE(link(program).keep(connection.get()));
    return connection;
  }
  /// It dies, and what it had is closed by the kernel.
  void die(os::Connection connection, const std::string& program = kOld,
           ProcessEnd how = {.signal = 9}) {
    connection.reset();
    host_.passed[program].reset();
    host_.end(program, how);
  }
  /// Nobody of ours has the connection any more, and no goodbye was said before that was so:
  /// whoever has it, it is the one that the test holds, if any.
  [[nodiscard]] bool works(const os::Connection& connection) {
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
  std::string connected_to_ = "192.168.17.40";  ///< empty: a forwarder, say
  bool answers_ = true;                         ///< one that somebody else has started
  bool has_name_ = true;                        ///< that one
  int asked_ = 0;
  std::function<void()> on_asked_;
  bool only_if_it_runs_ = false;
  std::function<std::optional<std::uint64_t>()> would_cut_off_;  ///< empty: it is not ended for us
  bool over_ = false;
  std::unique_ptr<Child> child_;
};

class Died : public KeptConnection, public ::testing::WithParamInterface<ProcessEnd> {};

TEST_P(Died, TheNextOneIsStartedAtOnceAndGetsTheConnection) {
  start();
  die(connect(), kOld, GetParam());
  run_until([this] { return host_.starts(kOld) == 2; });
  const auto left = link().greeting().left;
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
  EXPECT_TRUE(works(link().greeting().left));
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
  EXPECT_TRUE(works(link().greeting().left));
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
  auto left = link().greeting().left;
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
    connection = link().greeting().left;
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
  EXPECT_FALSE(link().greeting().left.valid()) << "it comes too late for it";
  EXPECT_TRUE(host_.runs(kOld));
}

TEST_F(KeptConnection, OneThatIsTakenInTimeIsNotTouched) {
  timings_.taken = milliseconds(10);
  start();
  die(connect());
  run_until([this] { return host_.starts(kOld) == 2; });
  const auto left = link().greeting().left;
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
  EXPECT_TRUE(link().greeting().left.valid());
}

TEST_F(KeptConnection, AStrangerWhoHasTakenOverIsNotDisturbed) {
  host_.missing.insert(kNew);
  start();
  auto connection = connect();
  const os::Connection strangers(::dup(connection.get()));
  elsewhere_ = 77;
  die(std::move(connection), kOld, {});
  settle();
  EXPECT_TRUE(works(strangers));
  elsewhere_ = 0;  // it has ended as well, without a word to us
  settle();
  EXPECT_FALSE(link().greeting().left.valid());
  EXPECT_TRUE(works(strangers));
}

// A successor that has taken over: the end of the old one is none of the connection, whatever has
// been heard by then.
TEST_F(KeptConnection, TheEndOfOneThatHasHandedOverIsNotNoticed) {
  start();
  auto connection = connect();
  child_->replace();
  const os::Connection handed_over(::dup(connection.get()));
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
  const os::Connection handed_over(::dup(connection.get()));
  die(std::move(connection), kOld, {});
  settle();
  EXPECT_TRUE(works(handed_over));
}

TEST_F(KeptConnection, ASuccessorThatDiesBeforeItsFirstWordLeavesWhatItWasHanded) {
  start();
  auto connection = connect();
  child_->replace();
  os::Connection handed_over(::dup(connection.get()));
  die(std::move(connection), kOld, {});
  settle();
  die(std::move(handed_over), kNew);
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_TRUE(works(link().greeting().left));
}

TEST_F(KeptConnection, BothSidesOfATakeOverDieAndTheConnectionIsThere) {
  for (const bool new_one_first : {false, true}) {
    SCOPED_TRACE(new_one_first);
    host_.events.clear();
    over_ = false;
    start();
    auto connection = connect();
    child_->replace();
    os::Connection handed_over(::dup(connection.get()));
    EXPECT_TRUE(link(kNew).keep(handed_over.get()));
    if (new_one_first) die(std::move(handed_over), kNew);
    die(std::move(connection));
    if (!new_one_first) die(std::move(handed_over), kNew);
    run_until([this] { return host_.starts(kOld) == 2; });
    EXPECT_TRUE(works(link().greeting().left));
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
  const auto left = link().greeting().left;
  linac_.send(as_bytes("x"));
  char got = 0;
  EXPECT_EQ(::recv(left.get(), &got, 1, 0), 1) << "the first one has ended";
}

TEST_F(KeptConnection, AnAdoptedOneGetsAKeeperAtOnce) {
  elsewhere_ = 77;
  start();
  run_until([this] { return host_.runs(kNew); });
  auto connection = connect(kNew);
  elsewhere_ = host_.process(kNew);  // it has taken over
  run_until([this] { return asked_ > 0 && child_->name() == "listen"; });
  settle();
  elsewhere_ = 0;
  die(std::move(connection), kNew);
  run_until([this] { return host_.starts(kOld) == 1; });
  EXPECT_TRUE(works(link().greeting().left));
}

TEST_F(KeptConnection, AnAdoptedOneThatIsStoppedGetsNoSuccessor) {
  elsewhere_ = 77;
  host_.on_signal = [this](ProcessId process) {
    if (process == 77) elsewhere_ = 0;
  };
  answers_ = false;
  start();
  stop();
  EXPECT_EQ(host_.starts(kNew), 0);
}

TEST_F(KeptConnection, AnAdoptedOneThatDoesNotAnswerIsKilledAndNotTakenOverFrom) {
  elsewhere_ = 77;
  answers_ = false;
  host_.on_signal = [this](ProcessId process) {
    if (process == 77) elsewhere_ = 0;
  };
  start();
  run_until([this] { return host_.runs(kOld); });
  EXPECT_EQ(host_.events.front(), "kill 77");
  EXPECT_EQ(host_.starts(kNew), 0);
}

TEST_F(KeptConnection, AnAdoptedOneThatAnswersAgainInTimeIsTakenOverFrom) {
  timings_.unkept = std::chrono::hours(1);
  elsewhere_ = 77;
  answers_ = false;
  start();
  run_until([this] { return asked_ > 5; });
  EXPECT_TRUE(host_.events.empty());
  answers_ = true;
  run_until([this] { return host_.runs(kNew); });
}

// What hangs.

TEST_F(KeptConnection, OneThatHangsIsKilledAndTheNextOneGetsItsConnection) {
  start();
  auto connection = connect();
  link().beat();
  host_.on_signal = [&](ProcessId) { connection.reset(); };
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_EQ(host_.events[1], "kill l");
  EXPECT_TRUE(works(link().greeting().left));
}

TEST_F(KeptConnection, OneThatShowsThatItRunsIsNotKilled) {
  start();
  const auto connection = connect();
  for (int i = 0; i < 20; ++i) {
    link().beat();
    run_for(timings_.pulse.look * 3);
  }
  EXPECT_THAT(host_.events, ::testing::ElementsAre("start l"));
}

TEST_F(KeptConnection, OneThatHasNeverShownThatItRunsIsNotKilled) {  // of an older release
  start();
  const auto connection = connect();
  run_for(timings_.pulse.silent * 4);
  EXPECT_THAT(host_.events, ::testing::ElementsAre("start l"));
}

TEST_F(KeptConnection, OneThatWaitsForItsDiskIsNotKilled) {
  start();
  const auto connection = connect();
  link().beat();
  link().busy();
  run_for(timings_.pulse.silent * 4);
  EXPECT_THAT(host_.events, ::testing::ElementsAre("start l"));
  link().beat();  // the disk is back; now it may hang
  run_until([this] { return host_.starts(kOld) == 2; });
}

/// A forwarder, or a fan-out: no kill would end that wait, and it would cost their connections.
TEST_F(KeptConnection, OneWithoutALinacThatWaitsForItsDiskIsLeftAloneHoweverLong) {
  connected_to_.clear();
  start();
  link().beat();
  host_.at_the_disk.insert(kOld);
  run_for(timings_.pulse.silent * 8);
  EXPECT_THAT(host_.events, ::testing::ElementsAre("start l"));
  host_.at_the_disk.clear();  // now it hangs for another reason
  run_until([this] { return host_.events.size() > 1; });
  EXPECT_EQ(host_.events[1], "kill l");
}

TEST_F(KeptConnection, OneThatReadsALinacIsKilledAlsoIfItWaitsForItsDisk) {
  start();
  auto connection = connect();
  link().beat();
  host_.at_the_disk.insert(kOld);
  host_.on_signal = [&](ProcessId) { connection.reset(); };
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_EQ(host_.events[1], "kill l");
}

TEST_F(KeptConnection, AnAdoptedOneWithoutALinacThatWaitsForItsDiskIsLeftAlone) {
  connected_to_.clear();
  elsewhere_ = 77;
  answers_ = false;
  host_.at_the_disk.insert("77");
  host_.on_signal = [this](ProcessId process) {
    if (process == 77) elsewhere_ = 0;
  };
  start();
  run_until([this] { return asked_ > 10; });
  EXPECT_THAT(host_.events, ::testing::Not(::testing::Contains("kill 77")));
  host_.at_the_disk.clear();
  run_until([this] { return !host_.events.empty() && host_.events.front() == "kill 77"; });
}

/// An adopted program without a Linac, whose end cuts `clients_` off.
class AdoptedReader : public KeptConnection {
 protected:
  AdoptedReader() {
    connected_to_.clear();
    elsewhere_ = 77;
    host_.on_signal = [this](ProcessId process) {
      if (process == 77 && heeds_signals_) elsewhere_ = 0;
    };
    would_cut_off_ = [this] {
      ++told_;
      return clients_;
    };
  }
  /// So that it was looked at more than once, with what is so now.
  void run_on() {
    run_until([this, asked = asked_] { return asked_ > asked + 5; });
  }

  std::optional<std::uint64_t> clients_ = 0;  ///< nullopt: it has not told of itself
  bool heeds_signals_ = true;
  int told_ = 0;
};

TEST_F(AdoptedReader, OneWhoseEndCostsNothingMakesRoomForOneOfOurs) {
  start();
  run_until([this] { return host_.runs(kOld); });
  EXPECT_THAT(host_.events, ::testing::ElementsAre("terminate 77", "start l"));
}

TEST_F(AdoptedReader, OneWithClientsIsLeftUntilItHasNone) {
  clients_ = 2;
  start();
  run_on();
  EXPECT_THAT(host_.events, ::testing::IsEmpty());
  clients_ = 0;
  run_until([this] { return host_.runs(kOld); });
  EXPECT_THAT(host_.events, ::testing::ElementsAre("terminate 77", "start l"));
}

TEST_F(AdoptedReader, OneThatDoesNotTellOfItselfIsLeftAsLongAsThatLasts) {
  clients_ = std::nullopt;
  start();
  run_on();
  EXPECT_THAT(host_.events, ::testing::IsEmpty());
  clients_ = 0;
  run_until([this] { return host_.runs(kOld); });
}

TEST_F(AdoptedReader, OneThatWaitsForItsDiskIsLeftAsLongAsThatLasts) {
  host_.at_the_disk.insert("77");
  start();
  run_on();
  EXPECT_GT(told_, 3) << "it is not for want of that";
  EXPECT_THAT(host_.events, ::testing::IsEmpty());
  host_.at_the_disk.clear();
  run_until([this] { return host_.runs(kOld); });
  EXPECT_THAT(host_.events, ::testing::ElementsAre("terminate 77", "start l"));
}

TEST_F(AdoptedReader, OneThatDoesNotEndIsKilledButNotWhileItWaitsForItsDisk) {
  heeds_signals_ = false;
  timings_.end = milliseconds(20);
  start();
  run_until([this] { return !host_.events.empty(); });
  host_.at_the_disk.insert("77");
  run_for(timings_.end * 3);
  EXPECT_THAT(host_.events, ::testing::ElementsAre("terminate 77"));
  host_.at_the_disk.clear();
  run_until([this] { return host_.events.size() == 2; });
  EXPECT_THAT(host_.events, ::testing::ElementsAre("terminate 77", "kill 77"));
  elsewhere_ = 0;
  run_until([this] { return host_.runs(kOld); });
}

TEST_F(AdoptedReader, AStopWhileItEndsStartsNone) {
  heeds_signals_ = false;
  start();
  run_until([this] { return !host_.events.empty(); });
  child_->stop();
  elsewhere_ = 0;
  run_until([this] { return over_; });
  EXPECT_THAT(host_.events, ::testing::ElementsAre("terminate 77", "terminate 77"));
}

TEST_F(AdoptedReader, IsLeftAsItIsWhereAStopIsNear) {
  clients_ = 1;
  start();
  child_->leave_as_it_is();
  clients_ = 0;
  run_on();
  EXPECT_THAT(host_.events, ::testing::IsEmpty());
}

TEST_F(AdoptedReader, OneThatIsOnlyToBeStoppedIsNotStartedAnew) {
  only_if_it_runs_ = true;
  start();
  run_on();
  EXPECT_THAT(host_.events, ::testing::IsEmpty());
}

TEST_F(AdoptedReader, AStrangerWhoComesInItsPlaceIsNotEndedAtOnce) {
  host_.on_signal = [this](ProcessId) { elsewhere_ = 78; };
  start();
  run_until([this] { return elsewhere_ == 78; });
  run_on();
  EXPECT_THAT(host_.events, ::testing::ElementsAre("terminate 77"));
}

TEST_F(KeptConnection, AfterASleepOfOursWhatWaitsToBeHeardIsHeardFirst) {
  start();
  const auto connection = connect();
  link().beat();
  run_for(timings_.pulse.look * 3);
  std::this_thread::sleep_for(timings_.pulse.silent * 3);  // all that time nothing of ours runs
  link().beat();
  run_for(timings_.pulse.look * 3);
  EXPECT_THAT(host_.events, ::testing::ElementsAre("start l"));
}

TEST_F(KeptConnection, OneThatHangsWhileItIsToLeaveGetsItsGoodbyeFromTheKeeper) {
  host_.stubborn.insert(kOld);
  start();
  auto connection = connect();
  link().beat();
  host_.on_signal = [&](ProcessId) {
    if (host_.events.back().starts_with("kill")) connection.reset();
  };
  child_->stop();  // it does not hear that
  run_until([this] { return !host_.runs(kOld); });
  expect_goodbye();
  run_until([this] { return over_; });
  EXPECT_EQ(host_.starts(kOld), 1);
}

TEST_F(KeptConnection, ASuccessorThatHangsIsKilledAndTheOneThatRunsGoesOn) {
  timings_.take_over = milliseconds(10);
  start();
  const auto connection = connect();
  child_->replace();
  run_until([this] { return host_.starts(kNew) == 1 && !host_.runs(kNew); });
  EXPECT_TRUE(host_.runs(kOld));
  EXPECT_TRUE(works(connection));
}

TEST_F(KeptConnection, TheKeeperSaysThatItWantsSignsOfLife) {
  start();
  EXPECT_TRUE(link().greeting().wants_beats);
}

TEST_F(KeptConnection, ASuccessorOfAnAdoptedOneThatDiesAtOnceLeavesItsConnection) {
  elsewhere_ = 77;
  start();
  run_until([this] { return host_.runs(kNew); });
  auto connection = connect(kNew);
  elsewhere_ = 0;
  die(std::move(connection), kNew);
  run_until([this] { return host_.starts(kOld) == 1; });
  EXPECT_TRUE(works(link().greeting().left));
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
  EXPECT_TRUE(works(link().greeting().left));
}

// An old one that dies before its successor has asked it for the connection.

TEST_F(KeptConnection, ASuccessorThatFindsNobodyGetsWhatTheDeadOneHasLeft) {
  for (const bool asks_before_its_end_is_known : {true, false}) {
    SCOPED_TRACE(asks_before_its_end_is_known);
    host_.events.clear();
    over_ = false;
    start();
    auto connection = connect();
    child_->replace();
    const auto successor = link(kNew);
    EXPECT_TRUE(successor.greeting().heir);
    os::Connection left;
    // It waits for the answer, and does nothing else meanwhile.
    std::thread asking;
    const auto ask = [&] { left = successor.left_by_that_one(std::chrono::seconds(10)); };
    if (asks_before_its_end_is_known) {
      asking = std::thread(ask);
      settle();
    }
    die(std::move(connection));
    settle();
    if (!asks_before_its_end_is_known) asking = std::thread(ask);
    for (int i = 0; i < 10; ++i) settle();
    asking.join();
    ASSERT_TRUE(works(left));
    EXPECT_TRUE(successor.keep(left.get()));
    settle();
    EXPECT_TRUE(works(left));
    EXPECT_EQ(host_.starts(kNew), 1);
    EXPECT_EQ(host_.starts(kOld), 1);
    linac_.close();
    stop();
  }
}

TEST_F(KeptConnection, ASuccessorThatFindsNobodyIsToldAtOnceThatNothingIsLeft) {
  start();
  child_->replace();
  const auto successor = link(kNew);
  EXPECT_TRUE(successor.greeting().heir);
  die({}, kOld, {.exit_code = 1});
  settle();
  os::Connection left;
  std::thread asking([&] { left = successor.left_by_that_one(std::chrono::hours(1)); });
  for (int i = 0; i < 10; ++i) settle();
  asking.join();
  EXPECT_FALSE(left.valid());
}

TEST_F(KeptConnection, OnlyASuccessorOfOneThatIsKeptIsAnHeir) {
  start();
  EXPECT_FALSE(link().greeting().heir);
  stop();
  elsewhere_ = 77;
  over_ = false;
  start();
  run_until([this] { return host_.runs(kNew); });
  EXPECT_FALSE(link(kNew).greeting().heir);
  host_.on_signal = [this](ProcessId) { elsewhere_ = 0; };
  stop();
}

// Of an older release, or one that has waited for too long.
TEST_F(KeptConnection, WhereASuccessorMakesAConnectionOfItsOwnTheOldOneGetsItsGoodbye) {
  for (const bool before_the_end_is_known : {true, false}) {
    SCOPED_TRACE(before_the_end_is_known);
    over_ = false;
    start();
    auto first = connect();
    linac_.swap_connections();
    child_->replace();
    if (!before_the_end_is_known) {
      die(std::move(first));
      settle();
    }
    const auto second = connect(kNew);
    if (before_the_end_is_known) die(std::move(first));
    settle();
    EXPECT_TRUE(works(second));
    linac_.swap_connections();
    expect_goodbye();
    linac_.swap_connections();
    linac_.close();
    stop();
  }
}

TEST_F(KeptConnection, OfBothSidesThatDieTheOlderConnectionGetsItsGoodbye) {
  start();
  auto connection = connect();
  linac_.swap_connections();
  child_->replace();
  auto newer = connect(kNew);
  die(std::move(newer), kNew);
  die(std::move(connection));
  run_until([this] { return host_.starts(kOld) == 2; });
  EXPECT_TRUE(works(link().greeting().left));
  linac_.swap_connections();
  expect_goodbye();
}

TEST_F(KeptConnection, ASuccessorThatSaysNothingOfTheConnectionIsKilledAndTheNextOneGetsIt) {
  for (const ProcessEnd end : {ProcessEnd{.signal = 9}, ProcessEnd{}}) {
    SCOPED_TRACE(end.text());
    host_.events.clear();
    over_ = false;
    timings_.take_over = milliseconds(50);
    start();
    auto connection = connect();
    child_->replace();
    die(std::move(connection), kOld, end);
    run_until([this] { return host_.starts(kOld) == 2; });
    EXPECT_THAT(host_.events, ::testing::Contains("kill " + kNew));
    EXPECT_TRUE(works(link().greeting().left));
    linac_.close();
    stop();
  }
}

TEST_F(KeptConnection, WhatOneThatDiedHasLeftGetsItsGoodbyeWhereAStrangerRuns) {
  timings_.taken = milliseconds(0);
  host_.missing.insert(kNew);
  start();
  auto connection = connect();
  elsewhere_ = 77;  // with a connection of its own
  die(std::move(connection));
  expect_goodbye();
}

TEST_F(KeptConnection, WhatOneThatDiedHasLeftGetsItsGoodbyeWhereAStopFindsAStrangerWithoutAName) {
  start();
  auto connection = connect();
  elsewhere_ = 77;
  has_name_ = false;
  die(std::move(connection));
  settle();
  child_->stop();
  expect_goodbye();
  run_until([this] { return over_; });
}

TEST_F(KeptConnection, WhatAStrangerHandsOverIsNotTakenForAnotherConnection) {
  start();
  auto connection = connect();
  const os::Connection strangers(::dup(connection.get()));
  elsewhere_ = 77;
  die(std::move(connection));  // before its end by itself
  run_until([this] { return host_.runs(kNew); });
  EXPECT_TRUE(link(kNew).keep(strangers.get()));
  elsewhere_ = host_.process(kNew);
  settle();
  EXPECT_TRUE(works(strangers));
}

// Whose signals these are.

TEST_F(KeptConnection, AnAdoptedOneInWhosePlaceAnotherHasComeGetsNoSignalAndTheOtherOneIsStopped) {
  timings_.unkept = milliseconds(0);
  host_.missing.insert(kNew);
  elsewhere_ = 77;
  answers_ = false;
  on_asked_ = [this] {
    if (asked_ == 2) elsewhere_ = 88;  // when it would be killed
  };
  start();
  run_until([this] { return asked_ > 1; });
  answers_ = true;
  settle();
  host_.on_signal = [this](ProcessId) { elsewhere_ = 0; };
  stop();
  EXPECT_THAT(host_.events, ::testing::ElementsAre("terminate 88"));
}

TEST_F(KeptConnection, AKeeperThatIsGoneIsNoticedByItsProgram) {
  start();
  const os::Connection programs(::dup(host_.passed.at(kOld).get()));
  child_.reset();
  io_.restart();
  EXPECT_FALSE(listen::KeeperLink(programs.get()).keep(programs.get()));
}

}  // namespace
}  // namespace icom::supervise::testing
