#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include "common/os/posix/file.hpp"
#include "common/os/unnamed_file.hpp"

namespace icom::os {

namespace {

/// Where the file system makes none without a name: it has one for a moment.
FileHandle made_and_unnamed(const std::filesystem::path& folder) {
  std::string name = (folder / "icom-XXXXXX").string();
  FileHandle made(::mkostemp(name.data(), O_APPEND | O_CLOEXEC));
  if (made.valid()) ::unlink(name.c_str());
  return made;
}

}  // namespace

std::error_code make_unnamed_file(const std::filesystem::path& folder,
                                  std::unique_ptr<File>& file) {
  FileHandle made(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, kPrivateMode));
  if (!made.valid() && (errno == EOPNOTSUPP || errno == EISDIR)) made = made_and_unnamed(folder);
  if (!made.valid()) return last_error();
  file = std::make_unique<PosixFile>(std::move(made));
  return {};
}

}  // namespace icom::os
