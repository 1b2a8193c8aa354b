#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/os/handle.hpp"
#include "common/os/private_file.hpp"

namespace icom::os {

namespace {

std::string octal(mode_t rights) {
  std::string digits;
  for (unsigned shift = 9; shift <= 9; shift -= 3) {
    digits += static_cast<char>('0' + (rights >> shift & 7U));
  }
  return digits;
}

PrivateFile unreadable() {
  PrivateFile file;
  file.problem = PrivateFileProblem::unreadable;
  file.error = std::error_code(errno, std::generic_category());
  return file;
}

}  // namespace

PrivateFile read_private_file(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe for reading would otherwise wait for a writer.
  const FileHandle descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!descriptor.valid() || ::fstat(descriptor.get(), &status) != 0) return unreadable();

  PrivateFile file;
  file.rights = "mode " + octal(status.st_mode);
  if (!S_ISREG(status.st_mode)) {
    file.problem = PrivateFileProblem::not_a_file;
  } else if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    file.problem = PrivateFileProblem::open_to_others;
  } else if (status.st_size > static_cast<off_t>(kMaxPrivateFile)) {
    file.problem = PrivateFileProblem::too_large;
  }
  if (file.problem != PrivateFileProblem::none) return file;

  file.content.resize(static_cast<std::size_t>(status.st_size));
  std::size_t got = 0;
  while (got < file.content.size()) {
    const ssize_t bytes =
        ::read(descriptor.get(), file.content.data() + got, file.content.size() - got);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return unreadable();
    if (bytes == 0) break;
    got += static_cast<std::size_t>(bytes);
  }
  file.content.resize(got);
  return file;
}

std::error_code is_private(const std::filesystem::path& file, Access readers, bool& is) {
  constexpr mode_t kNotForTheGroup = S_IWGRP | S_IXGRP;
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {errno, std::generic_category()};
  const mode_t forbidden = S_IRWXO | (readers == Access::group ? kNotForTheGroup : S_IRWXG);
  is = (status.st_mode & forbidden) == 0;
  return {};
}

std::string how_to_make_private(Access readers, const std::string& file) {
  return (readers == Access::group ? "chmod 0640 " : "chmod 600 ") + file;
}

}  // namespace icom::os
