// A listener's connection goes to another listener, and the Linac notices nothing: whole programs,
// and each step of the conversation broken off.
#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <stdexcept>
#include <thread>

#include "agent/listen/newcomer.hpp"
#include "common/control/protocol.hpp"
#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/listen/control_talk.hpp"
#include "tests/unit/listen/listen_process.hpp"

namespace icom::listen {
namespace {

class TakeOver : public ListenProcessFixture {
 protected:
  void SetUp() override {
    before_ = start();
    linac_.accept();
    linac_.send(linac_frames(0, 19));
    ASSERT_TRUE(has_spooled(linac_frames(0, 19)));
  }
  void send_part(std::size_t from, std::size_t to) {
    const auto frame = linac_frame(20);
    linac_.send(Bytes(frame).subspan(from, to - from));
  }
  [[nodiscard]] bool status_is_of(pid_t pid) const {
    return eventually([&] {
      const auto now = status();
      return now && now->pid == pid;
    });
  }
  /// The Linac goes on as if nothing had been; then whoever listens says goodbye.
  void expect_that_nothing_was_noticed(const ListenProcess& listener, unsigned next) {
    linac_.send(linac_frames(next, 40));
    EXPECT_TRUE(has_spooled(linac_frames(0, 40))) << errors();
    listener.signal(SIGTERM);
    EXPECT_EQ(linac_.wait_for_end(), "fin");
    linac_.close();
  }

  std::unique_ptr<ListenProcess> before_;
};

TEST_F(TakeOver, TheNextListenerGoesOnWithTheSameConnection) {
  const auto after = start({"--take-over"});
  EXPECT_EQ(before_->wait(), 0) << errors();
  expect_that_nothing_was_noticed(*after, 20);
  EXPECT_EQ(after->wait(), 0);
}

TEST_F(TakeOver, NoByteOfAFrameThatIsCutAnywhereIsLost) {
  // The same frame cut at many places: each take-over is one more listener on the one connection.
  auto stream = linac_frames(0, 19);
  std::unique_ptr<ListenProcess> now = std::move(before_);
  const auto size = linac_frame(20).size();
  for (std::size_t cut = 1; cut < size; cut += 1 + size / 12) {
    SCOPED_TRACE(cut);
    ASSERT_TRUE(status_is_of(now->pid()));
    send_part(0, cut);
    auto next = start({"--take-over"});
    ASSERT_EQ(now->wait(), 0) << errors();
    send_part(cut, size);
    append(stream, linac_frame(20));
    ASSERT_TRUE(has_spooled(stream)) << errors();
    now = std::move(next);
  }
}

TEST_F(TakeOver, FramesAreNotBrokenByIt) {
  send_part(0, 100);
  const auto after = start({"--take-over"});
  EXPECT_EQ(before_->wait(), 0);
  send_part(100, linac_frame(20).size());
  expect_that_nothing_was_noticed(*after, 21);
  EXPECT_EQ(after->wait(), 0);
  spool::SpoolReader reader(os::real_file_system(), spool());
  std::size_t frames = 0;
  while (const auto entry = reader.next()) {
    EXPECT_NE(entry->kind, EntryKind::junk);
    EXPECT_NE(entry->kind, EntryKind::hole);
    if (entry->kind == EntryKind::frame) ++frames;
  }
  EXPECT_EQ(frames, 41U);
}

TEST_F(TakeOver, WithNobodyToTakeOverFromItListensByItself) {
  before_->signal(SIGTERM);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(before_->wait(), 0);
  const auto after = start({"--take-over"});
  linac_.accept();
  expect_that_nothing_was_noticed(*after, 20);
}

TEST_F(TakeOver, AnotherLinacsConnectionIsNotTaken) {
  EXPECT_EQ(run({"--linac", "127.0.0.2:1706", "--serial", "4299", "--spool",
                 folder_.path().string(), "--take-over"}),
            1);
  EXPECT_NE(errors().find("127.0.0.2:1706"), std::string::npos) << errors();
  expect_that_nothing_was_noticed(*before_, 20);
}

TEST_F(TakeOver, AListenerWithoutAConnectionLeavesItsSpoolOnly) {
  linac_.close();
  linac_.refuse();
  const auto after = start({"--take-over"});
  EXPECT_EQ(before_->wait(), 0) << errors();
  linac_.take_again();
  linac_.accept();
  expect_that_nothing_was_noticed(*after, 20);
}

TEST_F(TakeOver, AConnectionThatWasGivenUpIsReadOnByTheNextListener) {
  linac_.stop_answering();
  ASSERT_TRUE(eventually([&] {
    const auto now = status();
    return now && !now->stream.last_failure.empty();
  })) << "it is not given up";
  linac_.swap_connections();
  linac_.accept();
  const auto after = start({"--take-over"});
  EXPECT_EQ(before_->wait(), 0) << errors();
  linac_.swap_connections();
  linac_.answer_again();
  linac_.send(linac_frames(20, 29));
  auto stream = linac_frames(0, 19);
  append(stream, linac_frames(19, 29));
  EXPECT_TRUE(has_spooled(stream)) << "what comes late, after the last frame of before";
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  linac_.swap_connections();
  linac_.send(linac_frames(30, 39));
  append(stream, linac_frames(30, 39));
  EXPECT_TRUE(has_spooled(stream));
  after->signal(SIGTERM);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(after->wait(), 0);
}

// The newcomer dies after each of its steps: whoever has the connection keeps it.
class NewcomerDies : public TakeOver, public ::testing::WithParamInterface<int> {};

TEST_P(NewcomerDies, TheListenerGoesOn) {
  send_part(0, 100);
  {
    ControlTalk newcomer(spool());
    ByteVector got;
    os::Connection connection;
    std::unique_ptr<os::File> lock;
    const int steps = GetParam();
    if (steps > 0) {
      ASSERT_TRUE(newcomer.say("take-over"));
    }
    if (steps > 1) {
      ASSERT_TRUE(newcomer.take(1, got, connection));
    }
    if (steps > 2) {
      ASSERT_TRUE(newcomer.take(kHandoverHeadSize - 1, got, connection));
    }
    if (steps > 3) {
      ASSERT_FALSE(os::real_file_system().lock(spool() / spool::kLockFile, lock))
          << "the spool was not free";
    }
    newcomer.hang_up();
    // Only now: a newcomer that is dead has neither.
  }
  send_part(100, linac_frame(20).size());
  expect_that_nothing_was_noticed(*before_, 21);
  EXPECT_EQ(before_->wait(), 0);
}

INSTANTIATE_TEST_SUITE_P(AfterEachStep, NewcomerDies, ::testing::Range(0, 5));

TEST_F(TakeOver, ANewcomerThatSaysTheWrongThingGetsNothing) {
  ControlTalk newcomer(spool());
  ASSERT_TRUE(newcomer.say("take-over"));
  auto handover = newcomer.take();
  ASSERT_TRUE(handover);
  ASSERT_TRUE(newcomer.say("steady"));
  EXPECT_EQ(newcomer.hear(), std::nullopt);
  handover.reset();
  expect_that_nothing_was_noticed(*before_, 20);
}

TEST_F(TakeOver, ALargeLastFrameIsHandedOverButNotToOneThatMayBeOlder) {
  test::FrameSpec spec;
  spec.time = test::time_after(10);
  spec.counter = 40;
  spec.items = test::typical_items(std::nullopt, 0, 8);
  spec.items.back().value.resize(200'000);
  const auto large = test::build_frame(spec);
  linac_.send(large);
  auto stream = linac_frames(0, 19);
  append(stream, large);
  ASSERT_TRUE(has_spooled(stream));
  const auto offered = [this] {
    std::optional<Handover> handover;
    EXPECT_TRUE(eventually([&] {  // after the one before it gets its spool back first
      ControlTalk newcomer(spool());
      if (newcomer.say("take-over")) handover = newcomer.take();
      return handover.has_value();
    }));
    return handover ? handover->last_frame.bytes.size() : 0;
  };
  EXPECT_EQ(offered(), large.size());
  EXPECT_EQ(offered(), 0U) << "an older one declines so large a text";
}

TEST_F(TakeOver, AStopWhileTheConnectionIsOnItsWayIsHeeded) {
  ControlTalk newcomer(spool());
  ASSERT_TRUE(newcomer.say("take-over"));
  auto handover = newcomer.take();
  ASSERT_TRUE(handover);
  before_->signal(SIGTERM);
  handover.reset();
  newcomer.hang_up();
  EXPECT_EQ(linac_.wait_for_end(), "fin");
}

// The one that has the connection is killed: a newcomer that has got it and waits for the last word
// knows that it is the only one.
TEST_F(TakeOver, AListenerThatIsKilledBeforeItsLastWordHasHandedOver) {
  Newcomer newcomer(os::real_file_system(), spool());
  ASSERT_TRUE(
      eventually([&] { return std::filesystem::exists(spool() / control::kListenerSocket); }));
  auto handover = newcomer.ask();
  ASSERT_TRUE(handover && handover->connection.valid());
  before_->signal(SIGKILL);
  EXPECT_EQ(before_->wait(), std::nullopt);
  EXPECT_TRUE(newcomer.confirm());
}

TEST_F(TakeOver, AListenerThatIsKilledEarlierIsToldApart) {
  before_->signal(SIGSTOP);
  std::thread killer([this] { before_->signal(SIGKILL); });
  Newcomer newcomer(os::real_file_system(), spool());
  // Killed before the newcomer connects it is not there; killed afterwards it does not hand over.
  std::optional<Handover> handed_over;
  try {
    handed_over = newcomer.ask();
  } catch (const std::runtime_error&) {
  }
  EXPECT_FALSE(handed_over);
  killer.join();
}

TEST_F(TakeOver, TwoNewcomersDoNotGetOneConnection) {
  ControlTalk first(spool());
  ASSERT_TRUE(first.say("take-over"));
  auto handover = first.take();
  ASSERT_TRUE(handover);
  ControlTalk second(spool());
  ASSERT_TRUE(second.say("take-over"));
  EXPECT_FALSE(second.take());
  handover.reset();
  first.hang_up();
  expect_that_nothing_was_noticed(*before_, 20);
}

}  // namespace
}  // namespace icom::listen
