#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "common/os/file_system.hpp"
#include "common/os/random.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

class RealFileSystem : public ::testing::Test {
 protected:
  [[nodiscard]] std::string read(const std::string& name) {
    std::unique_ptr<File> file;
    if (files_.open_read(folder_.path() / name, file)) return "(cannot be opened)";
    std::string text(1 << 16, '\0');
    std::size_t got = 0;
    if (file->read_at(0, std::as_writable_bytes(std::span(text)), got)) return "(cannot be read)";
    text.resize(got);
    return text;
  }

  TemporaryDirectory folder_;
  FileSystem& files_ = real_file_system();
};

TEST_F(RealFileSystem, AppendWritesAllPartsInOrderHoweverManyThereAre) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create(folder_.path() / "a", file));
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i) texts.push_back(i % 7 == 0 ? "" : std::to_string(i) + ",");
  std::vector<Bytes> parts;
  for (const auto& text : texts) {
    parts.push_back(as_bytes(text));
    expected += text;
  }
  std::size_t written = 0;
  ASSERT_FALSE(file->append(parts, written));
  EXPECT_EQ(written, expected.size());
  EXPECT_EQ(read("a"), expected);
}

TEST_F(RealFileSystem, AppendAfterTruncateContinuesAtTheNewEnd) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create(folder_.path() / "a", file));
  const Bytes text = as_bytes("abcdef");
  std::size_t written = 0;
  ASSERT_FALSE(file->append({&text, 1}, written));
  ASSERT_FALSE(file->truncate(2));
  ASSERT_FALSE(file->append({&text, 1}, written));
  EXPECT_EQ(read("a"), "ababcdef");
}

TEST_F(RealFileSystem, CreateRefusesAFileThatExists) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create(folder_.path() / "a", file));
  EXPECT_EQ(files_.create(folder_.path() / "a", file), std::errc::file_exists);
}

TEST_F(RealFileSystem, ALockIsHeldOnceUntilItsHolderGoes) {
  std::unique_ptr<File> first;
  std::unique_ptr<File> second;
  ASSERT_FALSE(files_.lock(folder_.path() / "lock", first));
  EXPECT_EQ(files_.lock(folder_.path() / "lock", second),
            std::errc::resource_unavailable_try_again);
  first.reset();
  EXPECT_FALSE(files_.lock(folder_.path() / "lock", second));
}

TEST_F(RealFileSystem, ListGivesNamesInOrder) {
  for (const char* name : {"b", "c", "a"}) {
    std::unique_ptr<File> file;
    ASSERT_FALSE(files_.create(folder_.path() / name, file));
  }
  std::vector<std::string> names;
  ASSERT_FALSE(files_.list(folder_.path(), names));
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(RealFileSystem, ListOfADirectoryThatIsNotThereSaysSo) {
  std::vector<std::string> names;
  EXPECT_EQ(files_.list(folder_.path() / "none", names), std::errc::no_such_file_or_directory);
}

TEST_F(RealFileSystem, WriteAtomicallyReplacesTheWholeContent) {
  ASSERT_FALSE(write_atomically(files_, folder_.path() / "a", as_bytes("a longer text")));
  ASSERT_FALSE(write_atomically(files_, folder_.path() / "a", as_bytes("short")));
  EXPECT_EQ(read("a"), "short");
  std::vector<std::string> names;
  ASSERT_FALSE(files_.list(folder_.path(), names));
  EXPECT_EQ(names.size(), 1U) << "no temporary file is left";
}

TEST(Random, TwoDrawsDiffer) {
  EXPECT_NE(random_u64(), random_u64());
}

}  // namespace
}  // namespace icom::os
