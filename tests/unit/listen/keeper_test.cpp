// A listener that dies while somebody keeps its connection: the Linac notices nothing, and the next
// listener goes on. The test is the keeper; icom-agent run's own:
// tests/unit/supervise/keeper_test.cpp.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

#include "agent/listen/descriptor_passing.hpp"
#include "agent/listen/goodbye.hpp"
#include "agent/listen/keeper_link.hpp"
#include "tests/unit/listen/control_talk.hpp"
#include "tests/unit/listen/listen_process.hpp"

namespace icom::listen {
namespace {

/// The keeper's end of one listener's socket, and what was said there last.
class KeepersEnd {
 public:
  explicit KeepersEnd(os::Connection end) : end_(std::move(end)) {}

  void offer(const os::Connection& connection, std::byte with = kKept) const {
    ASSERT_TRUE(send_descriptor(end_.get(), with, connection.get()));
  }
  /// Waits for the listener's next word; invalid: to keep none.
  os::Connection hear() {
    std::byte with{};
    os::Connection said;
    EXPECT_TRUE(eventually([&] { return receive_descriptor(end_.get(), with, said); }))
        << "it says nothing";
    return said;
  }
  /// To have signs of life, as a keeper of today; one of before does not say that.
  void want_beats() const { ASSERT_TRUE(send_descriptor(end_.get(), kWantsBeats, kNoDescriptor)); }
  /// Waits for so many signs of life; `others`: what else was said meanwhile.
  void hear_beats(int count, std::vector<std::byte>& others) {
    while (count > 0) {
      std::byte with{};
      os::Connection said;
      ASSERT_TRUE(eventually([&] { return receive_descriptor(end_.get(), with, said); }))
          << "it shows no sign of life";
      if (with == kAlive) {
        --count;
      } else {
        others.push_back(with);
      }
    }
  }
  bool hears_nothing_more() {
    std::byte with{};
    os::Connection said;
    return !receive_descriptor(end_.get(), with, said);
  }
  void close() { end_.reset(); }

 private:
  os::Connection end_;
};

class Kept : public ListenProcessFixture {
 protected:
  /// A listener with a keeper, who offers it `left` if that is valid.
  std::pair<std::unique_ptr<ListenProcess>, KeepersEnd> start_kept(
      const os::Connection& left = {}, std::vector<std::string> more = {}) {
    auto ends = descriptor_channel();
    KeepersEnd keeper(std::move(ends[0]));
    if (left.valid()) keeper.offer(left);
    return {start_with(std::move(ends[1]), std::move(more)), std::move(keeper)};
  }
  std::unique_ptr<ListenProcess> start_with(os::Connection its_end,
                                            std::vector<std::string> more = {}) {
    const os::Connection inherited(::dup(its_end.get()));  // does not close on exec
    more.insert(more.end(), {"--keeper", std::to_string(inherited.get())});
    return start(more);
  }
  /// The Linac sends frames up to `last` as if nothing had been; then the listener says goodbye.
  void expect_that_it_goes_on(ListenProcess& listener, unsigned next, unsigned last) {
    linac_.send(linac_frames(next, last));
    EXPECT_TRUE(eventually([&] { return spooled_last(linac_frame(last)); })) << errors();
    listener.signal(SIGTERM);
    EXPECT_EQ(linac_.wait_for_end(), "fin");
    linac_.close();
    EXPECT_EQ(listener.wait(), 0);
  }
  bool spooled_last(const ByteVector& frame) {
    const auto stream = spooled();
    return stream.size() >= frame.size() &&
           std::equal(frame.begin(), frame.end(), stream.end() - static_cast<long>(frame.size()));
  }
  /// Kinds of the entries, and the bytes of frames, from the last run on.
  struct LastRun {
    std::vector<EntryKind> kinds;
    ByteVector frames;
  };
  LastRun last_run() {
    spool::SpoolReader reader(os::real_file_system(), spool());
    LastRun last;
    std::uint64_t run = 0;
    while (const auto entry = reader.next()) {
      if (std::exchange(run, entry->run) != entry->run) last = {};
      last.kinds.push_back(entry->kind);
      if (entry->kind == EntryKind::frame) append(last.frames, entry->bytes);
    }
    return last;
  }
};

/// How far a listener has come with the Linac's frame 10 when it is killed.
enum class Moment : std::uint8_t { all_written, begun, unread };

class KilledWhileKept : public Kept, public ::testing::WithParamInterface<Moment> {
 protected:
  static constexpr std::size_t kBegun = 100;

  /// Until the listener has come so far.
  void bring_to(Moment moment, const ListenProcess& listener) {
    const auto cut = linac_frame(10);
    const auto has_read = [this](std::size_t bytes) {
      const auto now = status();
      return now && now->stream.bytes == bytes;
    };
    switch (moment) {
      case Moment::all_written:
        linac_.send(cut);
        ASSERT_TRUE(has_spooled(linac_frames(0, 10)));
        break;
      case Moment::begun:
        linac_.send(Bytes(cut).first(kBegun));
        ASSERT_TRUE(eventually([&] { return has_read(linac_frames(0, 9).size() + kBegun); }));
        listener.signal(SIGSTOP);
        linac_.send(Bytes(cut).subspan(kBegun));
        break;
      case Moment::unread:
        listener.signal(SIGSTOP);
        linac_.send(cut);
        break;
    }
  }
};

TEST_P(KilledWhileKept, TheLinacSeesNothingAndTheNextListenerGoesOn) {
  const auto moment = GetParam();
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  ASSERT_TRUE(connection.valid());
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  bring_to(moment, *before);
  before->signal(SIGKILL);
  EXPECT_EQ(before->wait(), std::nullopt);

  auto [after, next_keeper] = start_kept(connection);
  EXPECT_TRUE(next_keeper.hear().valid()) << "it goes on, and has it kept";
  expect_that_it_goes_on(*after, 11, 30);
  // What the first had in memory is lost, and nothing else.
  auto stream = linac_frames(0, 9);
  const auto cut = linac_frame(10);
  append(stream, Bytes(cut).subspan(moment == Moment::begun ? kBegun : 0));
  append(stream, linac_frames(11, 30));
  EXPECT_EQ(spooled(), stream);
  const auto run = last_run();
  ASSERT_GE(run.kinds.size(), 2U);
  EXPECT_EQ(run.kinds[0], EntryKind::disconnected);
  EXPECT_EQ(run.kinds[1], EntryKind::connected);
  EXPECT_EQ(run.frames, linac_frames(moment == Moment::unread ? 10 : 11, 30));
}

TEST_F(Kept, OneThatAStrangerStartsMakesNoSecondConnectionAndItsSuccessorHasTheKeptOne) {
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  ASSERT_TRUE(connection.valid());
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  before->signal(SIGKILL);
  EXPECT_EQ(before->wait(), std::nullopt);
  const auto stranger = start();
  ASSERT_TRUE(eventually([&] {
    const auto now = status();
    return now && now->pid == stranger->pid() && !now->stream.last_failure.empty();
  }));
  EXPECT_NE(status()->stream.last_failure.find("connected to it already"), std::string::npos);
  auto [after, next_keeper] = start_kept(connection, {"--take-over"});
  EXPECT_TRUE(next_keeper.hear().valid());
  EXPECT_EQ(stranger->wait(), 0);
  expect_that_it_goes_on(*after, 10, 20);
}

TEST_F(Kept, ADrainJustAfterTheListenerWasKilledInABeamWaits) {
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  ASSERT_TRUE(connection.valid());
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  before->signal(SIGKILL);
  EXPECT_EQ(before->wait(), std::nullopt);

  auto [after, next_keeper] = start_kept(connection);
  EXPECT_TRUE(next_keeper.hear().valid());
  ControlTalk talk(spool());
  ASSERT_TRUE(talk.say("drain 60000"));
  EXPECT_EQ(talk.hear().value_or("").substr(0, 8), "waiting ");
  talk.hang_up();
  expect_that_it_goes_on(*after, 10, 20);
}

std::string name_of(const ::testing::TestParamInfo<Moment>& moment) {
  return std::array{"all_written", "begun", "unread"}.at(static_cast<std::size_t>(moment.param));
}

INSTANTIATE_TEST_SUITE_P(AtEachMoment, KilledWhileKept,
                         ::testing::Values(Moment::all_written, Moment::begun, Moment::unread),
                         name_of);

class CrashWhileKept : public Kept, public ::testing::WithParamInterface<int> {};

TEST_P(CrashWhileKept, SaysNoGoodbyeAsLongAsItsKeeperLives) {
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  before->signal(GetParam());
  EXPECT_EQ(before->wait(), std::nullopt) << "it ends by the signal";
  EXPECT_TRUE(can_go_on(connection.get()));
  auto [after, next_keeper] = start_kept(connection);
  expect_that_it_goes_on(*after, 10, 20);
}

TEST_P(CrashWhileKept, SaysGoodbyeIfItsKeeperIsGone) {
  auto [listener, keeper] = start_kept();
  linac_.accept();
  keeper.hear();
  keeper.close();
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  listener->signal(SIGSTOP);
  linac_.send(linac_frames(10, 29));
  listener->signal(GetParam());
  listener->signal(SIGCONT);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener->wait(), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(EverySignal, CrashWhileKept,
                         ::testing::Values(SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS,
                                           SIGTRAP));

TEST_F(Kept, AGoodbyeIsSaidBeforeTheKeeperIsToldToKeepNothing) {
  auto [listener, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  listener->signal(SIGTERM);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  EXPECT_TRUE(keeper.hears_nothing_more())
      << "killed now, somebody must read on until the Linac closes";
  linac_.close();
  EXPECT_FALSE(keeper.hear().valid());
  EXPECT_FALSE(can_go_on(connection.get()));
  EXPECT_EQ(listener->wait(), 0);
}

TEST_F(Kept, AfterAReconnectTheNewConnectionIsKept) {
  auto [listener, keeper] = start_kept();
  linac_.accept();
  const auto first = keeper.hear();
  linac_.close();
  EXPECT_FALSE(keeper.hear().valid());
  linac_.accept();
  const auto second = keeper.hear();
  EXPECT_TRUE(can_go_on(second.get()));
  EXPECT_FALSE(can_go_on(first.get()));
  expect_that_it_goes_on(*listener, 0, 9);
}

TEST_F(Kept, AnOfferedConnectionOnWhichAGoodbyeWasSaidIsNotTaken) {
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  before->signal(SIGKILL);
  EXPECT_EQ(before->wait(), std::nullopt);
  say_fin(connection.get());
  auto [after, next_keeper] = start_kept(connection);
  linac_.accept();  // another one
  expect_that_it_goes_on(*after, 0, 9);
}

TEST_F(Kept, WhatTheLinacSentBeforeItClosedAConnectionThatNobodyReadIsInTheSpool) {
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  before->signal(SIGKILL);
  EXPECT_EQ(before->wait(), std::nullopt);
  linac_.send(linac_frames(0, 9));
  linac_.close();
  auto [after, next_keeper] = start_kept(connection);
  EXPECT_TRUE(has_spooled(linac_frames(0, 9))) << errors();
  linac_.accept();
  expect_that_it_goes_on(*after, 10, 19);
}

TEST_F(Kept, SignsOfLifeComeEachSecondWhereTheyAreWanted) {
  auto ends = descriptor_channel();
  KeepersEnd keeper(std::move(ends[0]));
  keeper.want_beats();
  const auto listener = start_with(std::move(ends[1]));
  std::vector<std::byte> others;
  keeper.hear_beats(3, others);
  linac_.accept();
  keeper.hear_beats(2, others);
  EXPECT_EQ(others, std::vector<std::byte>{kKept});
  expect_that_it_goes_on(*listener, 0, 9);
}

TEST_F(Kept, SignsOfLifeGoOnBesideAConnectionThatIsOffered) {
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  before->signal(SIGKILL);
  EXPECT_EQ(before->wait(), std::nullopt);
  auto ends = descriptor_channel();
  KeepersEnd next(std::move(ends[0]));
  next.offer(connection, kWantsBeats);
  const auto listener = start_with(std::move(ends[1]));
  std::vector<std::byte> others;
  next.hear_beats(2, others);
  EXPECT_EQ(others, std::vector<std::byte>{kKept});
  expect_that_it_goes_on(*listener, 0, 9);
}

/// It would take each for a word that none is to be kept.
TEST_F(Kept, AKeeperOfBeforeGetsNoSignsOfLife) {
  auto [listener, keeper] = start_kept();
  linac_.accept();
  EXPECT_TRUE(keeper.hear().valid());
  linac_.send(linac_frame(0));
  EXPECT_TRUE(eventually([&] {
    const auto now = status();
    return now && now->written_us - now->started_us > 2 * kBeatEach / std::chrono::microseconds(1);
  }));
  EXPECT_TRUE(keeper.hears_nothing_more());
  expect_that_it_goes_on(*listener, 1, 9);
}

TEST_F(Kept, WhoeverAsksIsToldThatItRuns) {
  const auto listener = start();
  linac_.accept();
  ControlTalk asker(spool());
  ASSERT_TRUE(asker.say("alive"));
  EXPECT_EQ(asker.hear(), "alive");
  expect_that_it_goes_on(*listener, 0, 9);
}

/// icom-agent status just after an upgrade: the connection stands, and its file says so at once.
TEST_F(Kept, TheFirstStatusOfOneThatHasTakenOverSaysThatItIsConnected) {
  const auto before = start();
  linac_.accept();
  linac_.send(linac_frame(0));
  ASSERT_TRUE(has_spooled(linac_frame(0)));
  const auto old = status()->pid;
  const auto after = start({"--take-over"});
  std::optional<ListenerStatus> first;
  ASSERT_TRUE(eventually([&] {
    first = status();
    return first && first->pid != old;
  }));
  EXPECT_TRUE(first->stream.connected);
  EXPECT_EQ(before->wait(), 0);
  expect_that_it_goes_on(*after, 1, 9);
}

TEST_F(Kept, AKeeperThatHearsNothingHoldsNobodyUp) {
  auto ends = descriptor_channel();
  // Nothing more goes in.
  const std::array<char, 4096> much{};
  while (::send(ends[1].get(), much.data(), much.size(), MSG_DONTWAIT) > 0) {
  }
  while (::send(ends[1].get(), much.data(), 1, MSG_DONTWAIT) > 0) {
  }
  const auto listener = start_with(std::move(ends[1]));
  linac_.accept();
  linac_.send(linac_frames(0, 9));
  EXPECT_TRUE(has_spooled(linac_frames(0, 9)));
  linac_.close();
  linac_.accept();
  expect_that_it_goes_on(*listener, 10, 19);
}

TEST_F(Kept, ACrashOfAListenerWhoseKeeperHasNotHeardItIsAFin) {
  auto ends = descriptor_channel();
  const char one = 0;
  while (::send(ends[1].get(), &one, 1, MSG_DONTWAIT) > 0) {
  }
  const auto listener = start_with(std::move(ends[1]));
  linac_.accept();
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  listener->signal(SIGSEGV);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
}

TEST_F(Kept, WithAKeeperThatIsGoneFromTheStartItListens) {
  auto ends = descriptor_channel();
  ends[0].reset();
  const auto listener = start_with(std::move(ends[1]));
  linac_.accept();
  expect_that_it_goes_on(*listener, 0, 9);
}

TEST_F(Kept, WithANumberThatIsNoSocketItListens) {
  const auto listener = start({"--keeper", "77"});
  linac_.accept();
  expect_that_it_goes_on(*listener, 0, 9);
}

TEST_F(Kept, AListenerThatHandsOverDoesNotHaveTheConnectionDropped) {
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  auto [after, next_keeper] = start_kept({}, {"--take-over"});
  EXPECT_EQ(before->wait(), 0) << errors();
  EXPECT_TRUE(next_keeper.hear().valid());
  EXPECT_TRUE(keeper.hears_nothing_more());
  EXPECT_TRUE(can_go_on(connection.get()));
  expect_that_it_goes_on(*after, 10, 20);
}

TEST_F(Kept, BothSidesOfATakeOverKilledTheThirdGoesOn) {
  auto [before, keeper] = start_kept();
  linac_.accept();
  const auto connection = keeper.hear();
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  {
    ControlTalk newcomer(spool());
    ASSERT_TRUE(newcomer.say("take-over"));
    ASSERT_TRUE(newcomer.take());
    before->signal(SIGKILL);
    EXPECT_EQ(before->wait(), std::nullopt);
  }
  auto [after, next_keeper] = start_kept(connection);
  expect_that_it_goes_on(*after, 10, 20);
}

}  // namespace
}  // namespace icom::listen
