#include "common/link/read_message.hpp"

#include <gtest/gtest.h>

#include "common/link/link.pb.h"

namespace icom::link {
namespace {

TEST(ReadMessage, AMessageIsRead) {
  Hello hello;
  hello.set_site("nbcc");
  Hello read;
  ASSERT_TRUE(read_message(hello.SerializeAsString(), read));
  EXPECT_EQ(read.site(), "nbcc");
}

TEST(ReadMessage, TextThatIsNoUtf8IsRefusedWithoutAWordOnStderr) {
  Hello hello;
  hello.set_site("site");
  std::string bytes = hello.SerializeAsString();
  bytes.back() = '\xFF';
  testing::internal::CaptureStderr();
  const bool good = read_message(bytes, hello);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_FALSE(good);
}

TEST(ReadMessage, EveryTruncationInsideAFieldIsRefused) {
  Hello hello;
  hello.set_site("nbcc");
  const std::string bytes = hello.SerializeAsString();
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_FALSE(read_message(std::string_view(bytes).substr(0, size), hello)) << size;
  }
}

}  // namespace
}  // namespace icom::link
