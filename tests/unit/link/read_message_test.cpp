#include "common/link/read_message.hpp"

#include <gtest/gtest.h>

#include "common/link/link.pb.h"

namespace icom::link {
namespace {

TEST(ReadMessage, AMessageIsRead) {
  Hello hello;
  hello.set_site("nbcc");
  Hello read;
  ASSERT_TRUE(read_message(hello.SerializeAsString(), read, 10));
  EXPECT_EQ(read.site(), "nbcc");
}

TEST(ReadMessage, TextThatIsNoUtf8IsRefusedWithoutAWordOnStderr) {
  Hello hello;
  hello.set_site("site");
  std::string bytes = hello.SerializeAsString();
  bytes.back() = '\xFF';
  testing::internal::CaptureStderr();
  const bool good = read_message(bytes, hello, 10);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_FALSE(good);
}

TEST(ReadMessage, EveryTruncationInsideAFieldIsRefused) {
  Hello hello;
  hello.set_site("nbcc");
  const std::string bytes = hello.SerializeAsString();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_FALSE(read_message(std::string_view(bytes).substr(0, size), hello, 10)) << size;
  }
}

TEST(ReadMessage, FieldsAreCountedAtEveryDepthAndAPackedListIsOne) {
  ToGateway message;
  message.mutable_hello()->set_site("nbcc");
  SpoolState& spool = *message.mutable_hello()->add_spools();
  spool.set_serial("4299");
  for (std::uint64_t run = 1; run <= 1000; ++run) spool.add_runs(run);
  const std::string bytes = message.SerializeAsString();
  ToGateway read;
  EXPECT_TRUE(read_message(bytes, read, 5));  // hello, site, spools, serial, runs
  EXPECT_EQ(read.hello().spools(0).runs_size(), 1000);
  EXPECT_FALSE(read_message(bytes, read, 4));
}

TEST(ReadMessage, MoreEmptyPartsThanTheBoundAreRefused) {
  ToGateway message;
  for (int i = 0; i < 1'500'000; ++i) message.mutable_hello()->add_spools();
  const std::string bytes = message.SerializeAsString();
  ToGateway read;
  EXPECT_FALSE(read_message(bytes, read, 1'000'000));
  EXPECT_EQ(read.hello().spools_size(), 0);
  // The same bytes as fields that nobody knows.
  Announcement other;
  EXPECT_FALSE(read_message(std::string(3'000, '\x78'), other, 1'000));
}

TEST(ReadMessage, WhateverIsCountedIsReadAsBefore) {
  ToAgent message;
  LinacWelcome& linac = *message.mutable_welcome()->add_linacs();
  linac.set_reason("why not");
  linac.add_stored()->set_seq(7);
  const std::string bytes = message.SerializeAsString();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    ToAgent one;
    ToAgent other;
    if (read_message(changed, one, 100)) {
      ASSERT_TRUE(other.ParseFromString(changed)) << bit;
      EXPECT_EQ(one.SerializeAsString(), other.SerializeAsString()) << bit;
    }
  }
}

}  // namespace
}  // namespace icom::link
