#include "common/os/limited_thread.hpp"

#include <gtest/gtest.h>

#include <future>

namespace icom::os {
namespace {

using namespace std::chrono_literals;

TEST(LimitedThread, OneThatEndsIsWaitedForAndOneThatDoesNotIsLeft) {
  auto let_go = std::make_shared<std::promise<void>>();
  auto done = std::make_shared<int>(0);
  LimitedThread thread;
  EXPECT_TRUE(thread.wait_for_end(0ms)) << "it was never begun";
  thread.start("test", [wait = let_go->get_future().share(), done] {
    wait.wait();
    *done = 1;
  });
  EXPECT_FALSE(thread.wait_for_end(1ms));
  let_go->set_value();
  EXPECT_TRUE(thread.wait_for_end(30s));
  EXPECT_EQ(*done, 1);
}

TEST(LimitedThread, AnAnswerThatDoesNotComeIsNoAnswer) {
  EXPECT_EQ(answer_within<int>(30s, "test", [] { return 7; }), 7);
  auto let_go = std::make_shared<std::promise<void>>();
  EXPECT_EQ(answer_within<int>(1ms, "test",
                               [let_go] {
                                 let_go->get_future().wait();
                                 return 7;
                               }),
            std::nullopt);
  let_go->set_value();
}

}  // namespace
}  // namespace icom::os
