#include "common/os/path_text.hpp"

#include <gtest/gtest.h>

namespace icom::os {
namespace {

TEST(PathText, IsThePathAgainWhateverItHolds) {
  for (const char* const text :
       {"", "plain", "/var/lib/icom/spool", "K\xc3\xbche/\xe4\xb8\xad", "not UTF-8: \xff\xe9z"}) {
    EXPECT_EQ(utf8(path_of_utf8(text)), text);
    EXPECT_EQ(path_of_utf8(text), std::filesystem::path(text));
  }
}

}  // namespace
}  // namespace icom::os
