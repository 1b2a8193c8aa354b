// A folder of another account, which that account exchanges all the time with a link to a folder of
// root's: for tests that run as root.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace icom::os {

class ExchangedFolder {
 public:
  static constexpr uid_t kOwner = 54321;

  /// `folder`: made below `above`, which gets the owner too, as whoever exchanges it needs.
  explicit ExchangedFolder(const std::filesystem::path& above)
      : folder_(above / "theirs"), link_(above / "link"), roots_(above / "roots") {
    std::filesystem::create_directories(folder_);
    std::filesystem::create_directory(roots_);
    std::filesystem::create_directory_symlink(roots_, link_);
    for (const auto& path : {above, folder_, link_}) {
      made_ = ::lchown(path.c_str(), kOwner, kOwner) == 0 && made_;
    }
    made_ = ::chmod(above.c_str(), 0755) == 0 && ::chmod(roots_.c_str(), 0755) == 0 && made_;
  }
  ~ExchangedFolder() { stop(); }
  ExchangedFolder(const ExchangedFolder&) = delete;
  ExchangedFolder& operator=(const ExchangedFolder&) = delete;

  void start() {
    process_ = ::fork();
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::setresgid(kOwner, kOwner, kOwner) != 0 || ::setresuid(kOwner, kOwner, kOwner) != 0) {
      ::_exit(1);
    }
    for (;;) {
      ::renameat2(AT_FDCWD, folder_.c_str(), AT_FDCWD, link_.c_str(), RENAME_EXCHANGE);
    }
  }
  /// Afterwards everything is where it was, or the two have each other's names.
  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

  [[nodiscard]] bool made() const { return made_; }
  /// The name that is theirs, and root's, by turns.
  [[nodiscard]] const std::filesystem::path& name() const { return folder_; }
  /// Wherever it is now.
  [[nodiscard]] std::filesystem::path theirs() const {
    return std::filesystem::is_symlink(folder_) ? link_ : folder_;
  }
  [[nodiscard]] const std::filesystem::path& roots() const { return roots_; }
  /// What is in `folder` and belongs to somebody else than `owner`.
  [[nodiscard]] static std::vector<std::string> not_of(uid_t owner,
                                                       const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      struct stat status {};
      const bool is_theirs = ::lstat(entry.path().c_str(), &status) == 0 && status.st_uid == owner;
      if (!is_theirs) names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::filesystem::path folder_;
  std::filesystem::path link_;
  std::filesystem::path roots_;
  bool made_ = true;
  pid_t process_ = 0;
};

}  // namespace icom::os
