#include "common/os/read_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

constexpr std::uint64_t kMost = 10;

class ReadFile : public ::testing::Test {
 protected:
  std::error_code read(const std::filesystem::path& file) {
    return read_file(real_file_system(), file, kMost, content_);
  }
  std::filesystem::path written(const std::string& content) const {
    std::ofstream(folder_.path() / "file", std::ios::binary) << content;
    return folder_.path() / "file";
  }

  TemporaryDirectory folder_;
  std::string content_ = "what was there before";
};

TEST_F(ReadFile, GivesAllOfItAsItIs) {
  for (const std::string& content :
       {std::string(), std::string("line\r\n"), std::string("ten\0bytes!", kMost)}) {
    EXPECT_FALSE(read(written(content)));
    EXPECT_EQ(content_, content);
  }
}

TEST_F(ReadFile, ALargerOneIsNotRead) {
  EXPECT_EQ(read(written("eleven bytes")), std::errc::file_too_large);
  EXPECT_EQ(content_, "");
}

TEST_F(ReadFile, WhatIsNoFileIsAnError) {
  EXPECT_EQ(read(folder_.path() / "nothing"), std::errc::no_such_file_or_directory);
  EXPECT_TRUE(read(folder_.path()));
  EXPECT_TRUE(read("/dev/null")) << "a device";
  EXPECT_EQ(content_, "");
}

}  // namespace
}  // namespace icom::os
