// What a Linac sees of a listener that crashes.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/unit/listen/listen_process.hpp"

namespace icom::listen {
namespace {

class Crash : public ListenProcessFixture {
 protected:
  void SetUp() override {
    listener_ = start();
    linac_.accept();
    linac_.send(linac_frames(0, 9));
    ASSERT_TRUE(has_spooled(linac_frames(0, 9)));
  }
  /// The signal comes while bytes wait that it has not read: it cannot get at them before.
  void die_with_unread_bytes(int signal) {
    listener_->signal(SIGSTOP);
    linac_.send(linac_frames(10, 29));
    listener_->signal(signal);
    listener_->signal(SIGCONT);
  }

  std::unique_ptr<ListenProcess> listener_;
};

class CrashSignal : public Crash, public ::testing::WithParamInterface<int> {};

TEST_P(CrashSignal, GivesTheLinacAFinWhateverIsUnread) {
  die_with_unread_bytes(GetParam());
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.close();
  EXPECT_EQ(listener_->wait(), std::nullopt) << "it ends by the signal";
}

INSTANTIATE_TEST_SUITE_P(EverySignal, CrashSignal,
                         ::testing::Values(SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS,
                                           SIGTRAP));

TEST_F(Crash, AKillWhileEverythingIsReadIsAFin) {
  listener_->signal(SIGKILL);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
}

// What cannot be done: nobody of ours runs any more, and the kernel tells of the unread bytes.
TEST_F(Crash, AKillWithUnreadBytesIsAReset) {
  die_with_unread_bytes(SIGKILL);
  EXPECT_EQ(linac_.wait_for_end(), "reset");
}

}  // namespace
}  // namespace icom::listen
