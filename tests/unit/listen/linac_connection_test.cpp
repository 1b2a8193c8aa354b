// A Linac whose address is given as a name.
#include "agent/listen/linac_connection.hpp"

#include <gmock/gmock.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/asio/test_names.hpp"
#include "tests/unit/listen/fake_linac.hpp"
#include "tests/unit/listen/noting_sink.hpp"
#include "tests/unit/listen/silent_address.hpp"

namespace icom::listen {
namespace {

class NamedLinac : public ::testing::Test {
 protected:
  NamedLinac() { names_.answer_for(io_); }

  void listen_to(const std::string& host, std::uint16_t port = 1706, ListenerTimings timings = {}) {
    connection_.emplace(io_, config::Address{host, port}, timings, sink_);
    boost::asio::co_spawn(io_, connection_->run(), boost::asio::detached);
  }
  void run_until(const std::function<bool()>& condition) {
    const auto reached = eventually([&] {
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(1));
      return condition();
    });
    ASSERT_TRUE(reached);
  }
  /// Nothing is left that runs or waits.
  bool ends() {
    io_.restart();
    io_.run_for(kTestDeadline);
    return io_.stopped();
  }

  TestNames names_;
  boost::asio::io_context io_;
  NotingSink sink_;
  std::optional<LinacConnection> connection_;
};

TEST_F(NamedLinac, IsConnectedToAtTheAddressOfItsName) {
  FakeLinac linac;
  names_.answer("linac.example", linac.address().host);
  listen_to("linac.example", linac.address().port);
  run_until([&] { return sink_.connections == 1; });
  connection_->stop();
  linac.accept();
  linac.close();
  EXPECT_TRUE(ends());
}

TEST_F(NamedLinac, OfSeveralAddressesOneThatDoesNotAnswerDoesNotKeepItFromTheNext) {
  FakeLinac linac;
  const SilentAddress silent(io_, "127.0.0.2", linac.address().port);
  const SilentAddress silent_too(io_, "127.0.0.3", linac.address().port);
  for (const std::string address : {"127.0.0.2", "127.0.0.3", "127.0.0.1"}) {
    names_.answer("linac.example", address);
  }
  ListenerTimings timings;
  timings.connect = std::chrono::milliseconds(100);
  timings.first_retry = timings.last_retry = std::chrono::milliseconds(2);
  timings.call_each = std::chrono::milliseconds(0);
  listen_to("linac.example", linac.address().port, timings);
  run_until([&] { return sink_.connections == 1; });
  EXPECT_THAT(sink_.failures, testing::SizeIs(testing::Ge(2U)));
  linac.accept();
  const auto failures = sink_.failures.size();
  linac.close();
  run_until([&] { return sink_.connections == 2; });
  EXPECT_EQ(sink_.failures.size(), failures) << "it begins with the one that has answered";
}

TEST_F(NamedLinac, IsNotConnectedToWhileAnybodyElseOfThisMachineIs) {
  FakeLinac linac;
  boost::asio::ip::tcp::socket other(io_);
  other.connect({boost::asio::ip::make_address(linac.address().host), linac.address().port});
  linac.accept();
  ListenerTimings timings;
  timings.first_retry = timings.last_retry = std::chrono::milliseconds(2);
  listen_to(linac.address().host, linac.address().port, timings);
  run_until([&] { return sink_.failures.size() >= 5; });
  EXPECT_THAT(sink_.failures, testing::Each(testing::HasSubstr("a program of this machine is "
                                                               "connected to it already")));
  EXPECT_EQ(sink_.connections, 0);
  other.close();
  linac.close();
  run_until([&] { return sink_.connections == 1; });
  connection_->stop();
  linac.accept();
  linac.close();
  EXPECT_TRUE(ends());
}

TEST_F(NamedLinac, StopDoesNotWaitForItsName) {
  ListenerTimings timings;
  timings.connect = std::chrono::hours(1);
  listen_to("stuck.example", 1706, timings);
  run_until([&] { return names_.asked("stuck.example") == 1; });
  connection_->stop();
  EXPECT_TRUE(ends());
  EXPECT_EQ(names_.asked("stuck.example"), 1U);
  EXPECT_TRUE(sink_.failures.empty());
}

TEST_F(NamedLinac, ANameThatIsNotAnsweredIsToldAndAskedForAgain) {
  ListenerTimings timings;
  timings.connect = std::chrono::milliseconds(10);
  timings.first_retry = timings.last_retry = std::chrono::milliseconds(2);
  listen_to("stuck.example", 1706, timings);
  run_until([&] { return sink_.failures.size() == 3; });
  EXPECT_THAT(sink_.failures, testing::Each("its name cannot be resolved: no name server has "
                                            "answered in time"));
  EXPECT_EQ(names_.asked("stuck.example"), 1U) << "one lookup, however often it is waited for";
  connection_->stop();
  EXPECT_TRUE(ends());
}

/// A Linac that accepts and sends nothing, as each night.
class SilentLinac : public NamedLinac {
 protected:
  void listen() { listen_to(linac_.address().host, linac_.address().port, timings_); }
  void end() {
    connection_->stop();
    linac_.close();
    EXPECT_TRUE(ends());
  }
  /// The listener connects; the Linac accepts.
  void accept() {
    run_until([&] { return sink_.connections == static_cast<int>(sink_.ends.size()) + 1; });
    linac_.accept();
  }
  void wait_for_end() {
    run_until([&] { return sink_.connections == static_cast<int>(sink_.ends.size()); });
    linac_.close();
  }

  SilentLinac() {
    timings_.pause = timings_.answer_look = std::chrono::milliseconds(5);
    timings_.steady = std::chrono::milliseconds(0);  // each connection is followed by one at once
  }

  FakeLinac linac_;
  ListenerTimings timings_;
};

TEST_F(SilentLinac, IsStayedConnectedToForLongerEachTimeUpToALimit) {
  timings_.silence = std::chrono::milliseconds(100);
  timings_.longest_silence = std::chrono::milliseconds(350);
  listen();
  for (int i = 0; i < 4; ++i) {
    accept();
    wait_for_end();
  }
  // At least: however busy the machine is, none is given up earlier.
  const std::array<std::chrono::milliseconds, 4> least{
      std::chrono::milliseconds(100), std::chrono::milliseconds(200),
      std::chrono::milliseconds(350), std::chrono::milliseconds(350)};
  for (std::size_t i = 0; i < least.size(); ++i) EXPECT_GE(sink_.lasted.at(i), least.at(i));
  EXPECT_THAT(sink_.ends, testing::Each("no bytes for too long"));
  end();
}

/// So many connections in a row, were each given twice as long as the one before, would take longer
/// than a test waits.
constexpr int kTooManyToDouble = 9;

TEST_F(SilentLinac, IsConnectedToAnewAsSoonAsAtFirstWithAPatientOpen) {
  timings_.silence = std::chrono::milliseconds(100);
  timings_.longest_silence = std::chrono::hours(1);
  sink_.has_patient = true;
  listen();
  for (int i = 0; i < kTooManyToDouble; ++i) {
    accept();
    wait_for_end();
  }
  end();
}

TEST_F(SilentLinac, ThatSendsIsConnectedToAnewAsSoonAsAtFirst) {
  timings_.silence = std::chrono::milliseconds(100);
  timings_.longest_silence = std::chrono::hours(1);
  listen();
  for (int i = 0; i < kTooManyToDouble; ++i) {
    accept();
    linac_.send(linac_frame(1));
    wait_for_end();
  }
  end();
}

TEST_F(SilentLinac, WhoseMachineAnswersIsNotTakenForHalfOpen) {
  timings_.unanswered = std::chrono::seconds(3);
  timings_.silence = std::chrono::milliseconds(4'500);  // long after the handshake
  listen();
  accept();
  wait_for_end();
  EXPECT_THAT(sink_.ends, testing::ElementsAre("no bytes for too long"));
  end();
}

TEST_F(SilentLinac, WhoseLineIsDeadIsFoundHoweverLongASilenceMayLast) {
  timings_.unanswered = std::chrono::seconds(2);
  timings_.silence = std::chrono::milliseconds(50);
  timings_.longest_silence = std::chrono::hours(1);
  listen();
  for (int i = 0; i < 6; ++i) {  // the limit grows beyond `unanswered`
    accept();
    wait_for_end();
  }
  ASSERT_THAT(sink_.ends, testing::Each("no bytes for too long"));
  accept();
  linac_.stop_answering();
  wait_for_end();
  EXPECT_EQ(sink_.ends.back(), "no bytes for too long, and no answer: half-open");
  end();
}

TEST_F(SilentLinac, ThatMarksAByteAsUrgentIsReadByteForByte) {
  listen();
  accept();
  ByteVector sent;
  for (unsigned number = 0; number < 3; ++number) {
    const auto frame = linac_frame(number);
    linac_.send(Bytes(frame).first(100));
    linac_.send_urgent(frame.at(100));
    linac_.send(Bytes(frame).subspan(101));
    append(sent, frame);
    run_until([&] { return sink_.bytes.size() == sent.size(); });
    if (number != 1) continue;
    bool ipv6 = false;  // and so is it by the next listener
    connection_->let_go();
    EXPECT_TRUE(ends());
    os::Connection held = connection_->release(ipv6);
    const int dropped = 0;
    ::setsockopt(held.get(), SOL_SOCKET, SO_OOBINLINE, &dropped, sizeof dropped);  // an older one
    connection_.emplace(io_, linac_.address(), timings_, sink_);
    connection_->adopt(std::move(held), ipv6);
    boost::asio::co_spawn(io_, connection_->run(), boost::asio::detached);
  }
  EXPECT_EQ(sink_.bytes, sent);
  end();
}

/// A Linac whose line is dead for a while, so that it has not seen the FIN of a connection that was
/// given up, and has the next one when the line is back.
class DeadLine : public SilentLinac {
 protected:
  DeadLine() { timings_.silence = std::chrono::milliseconds(100); }
  /// Connection number `count` is given up unheard, and the next one comes; the Linac then is at
  /// the former's end, of which the line is back.
  void give_up_and_come_back(int count) {
    linac_.stop_answering();
    run_until([&] { return static_cast<int>(sink_.ends.size()) >= count; });
    linac_.swap_connections();
    run_until([&] { return sink_.connections > count; });
    linac_.accept();
    linac_.swap_connections();
    linac_.answer_again();
  }
  void end_both() {
    linac_.close();
    linac_.swap_connections();
    end();
  }
};

TEST_F(DeadLine, WhatWasOnItsWayIsReadAndTheLinacSeesAFin) {
  listen();
  accept();
  give_up_and_come_back(1);
  const auto bytes = linac_frames(0, 16);
  linac_.send(bytes);
  run_until([&] { return sink_.late_bytes == bytes; });
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  EXPECT_EQ(sink_.late_ends, 0);
  linac_.send(linac_frame(17));  // until it has closed its end, too
  run_until([&] { return sink_.late_bytes == linac_frames(0, 17); });
  linac_.close();
  run_until([&] { return sink_.late_ends == 1; });
  end_both();
}

TEST_F(DeadLine, AStopWaitsForWhatTheLinacStillSendsAndNoLongerThanForAnyGoodbye) {
  timings_.drain = std::chrono::milliseconds(200);
  listen();
  accept();
  give_up_and_come_back(1);
  linac_.send(linac_frame(0));
  connection_->stop();
  run_until([&] { return sink_.late_bytes == linac_frame(0); });
  EXPECT_TRUE(ends()) << "though the Linac closes neither of them";
  EXPECT_EQ(sink_.late_ends, 1);
}

TEST_F(DeadLine, ALinacThatGoesOnSendingIntoOurFinIsNotReadForEver) {
  timings_.late_unheeded = std::chrono::milliseconds(100);
  listen();
  accept();
  give_up_and_come_back(1);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  run_until([&] {
    if (sink_.late_ends == 0) linac_.send_unless_closed(linac_frame(0));
    return sink_.late_ends == 1;
  });
  end_both();
}

TEST_F(DeadLine, IsGivenUpHoweverOftenItsListenersFollowEachOther) {
  timings_.silence = std::chrono::milliseconds(2'500);
  timings_.longest_silence = std::chrono::hours(1);
  timings_.unanswered = std::chrono::seconds(2);
  listen();
  accept();
  linac_.stop_answering();
  bool ipv6 = false;
  run_until([&] {  // each listener lives for less than the silence that it would have to see
    if (!sink_.ends.empty()) return true;
    connection_->let_go();
    EXPECT_TRUE(ends());
    auto held = connection_->release(ipv6);
    connection_->release_late();
    connection_.emplace(io_, linac_.address(), timings_, sink_);
    connection_->adopt(std::move(held), ipv6);
    boost::asio::co_spawn(io_, connection_->run(), boost::asio::detached);
    io_.restart();
    io_.run_for(std::chrono::milliseconds(100));
    return !sink_.ends.empty();
  });
  ASSERT_FALSE(sink_.ends.empty());
  EXPECT_EQ(sink_.ends.front(), "no bytes for too long, and no answer: half-open");
  linac_.answer_again();
  end();
}

TEST_F(DeadLine, OfManyTheOldestIsClosed) {
  timings_.late = std::chrono::hours(1);
  timings_.silence = timings_.longest_silence = std::chrono::milliseconds(20);
  listen();
  const auto most = LateConnections::kMost;
  run_until([&] { return sink_.ends.size() == most; });
  EXPECT_EQ(sink_.late_ends, 0);
  run_until([&] { return sink_.ends.size() == most + 1; });
  EXPECT_EQ(sink_.late_ends, 1);
  end();
}

}  // namespace
}  // namespace icom::listen
