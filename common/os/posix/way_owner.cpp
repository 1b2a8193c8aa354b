#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <deque>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "common/os/folder_of.hpp"
#include "common/os/way_owner.hpp"

namespace icom::os {

namespace {

namespace fs = std::filesystem;

/// As the kernel has it.
constexpr int kMostLinks = 40;

/// nullopt if it is not there.
std::optional<struct stat> look_at(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return status;
  if (errno == ENOENT) return std::nullopt;
  throw std::system_error(errno, std::generic_category(), "cannot look at " + path.string());
}

bool lets_everybody_exchange_names(const struct stat& folder) {
  return (folder.st_mode & S_IWOTH) != 0 && (folder.st_mode & S_ISVTX) == 0;
}

/// Of what is not there the nearest folder above.
struct stat look_at_nearest(fs::path path) {
  for (;; path = folder_of(path)) {
    if (const auto status = look_at(path)) return *status;
    if (path == "." || path == path.root_path()) {
      throw std::system_error(ENOENT, std::generic_category(), "cannot look at " + path.string());
    }
  }
}

/// The way from the root, one component after the other: those before it are root's, so what is
/// looked at cannot be exchanged between two looks.
class Way {
 public:
  explicit Way(const fs::path& path) { go_first(fs::absolute(path)); }

  WayOwner walk() {
    WayOwner found{.what = at_};
    while (!left_.empty()) {
      const fs::path name = left_.front();
      left_.pop_front();
      if (name.empty() || name == ".") continue;
      if (name == "..") {
        at_ = at_.parent_path();
        continue;
      }
      const fs::path next = at_ / name;
      const auto status = look_at(next);
      if (!status) return found;
      found = {.user = status->st_uid, .group = status->st_gid, .what = next};
      if (status->st_uid != 0) {
        end_ = end_by(next);
        return found;
      }
      step(next, *status);
    }
    return found;
  }

  /// Of a way that is an account's.
  [[nodiscard]] const fs::path& end() const { return end_; }

 private:
  void step(const fs::path& next, const struct stat& status) {
    if (S_ISLNK(status.st_mode)) {
      if (++links_ > kMostLinks) {
        throw std::system_error(ELOOP, std::generic_category(), "cannot look at " + next.string());
      }
      return go_first(fs::read_symlink(next));
    }
    if (S_ISDIR(status.st_mode) && lets_everybody_exchange_names(status)) {
      throw std::runtime_error("every account can exchange what is in " + next.string() +
                               ", and no command of root's is done there: chmod o-w it, or +t");
    }
    at_ = next;
  }
  /// What is named, by an account's folder or link: as the kernel finds it at this moment.
  [[nodiscard]] fs::path end_by(const fs::path& next) const {
    fs::path end = next;
    for (const fs::path& name : left_) end /= name;
    return end;
  }
  void go_first(const fs::path& path) {
    if (path.is_absolute()) at_ = path.root_path();
    const fs::path names = path.relative_path();
    left_.insert(left_.begin(), names.begin(), names.end());
  }

  fs::path at_;
  fs::path end_;
  std::deque<fs::path> left_;
  int links_ = 0;
};

std::string named(UserId user) {
  constexpr std::chrono::seconds kAnswerTime{2};
  return user == 0 ? "root" : "account " + user_name_within(kAnswerTime, user);
}

}  // namespace

WayOwner owner_of_way(const fs::path& path) {
  Way way(path.empty() ? "." : path);
  WayOwner owner = way.walk();
  if (owner.user == 0) return owner;
  const struct stat status = look_at_nearest(way.end());
  if (status.st_uid != owner.user) {
    throw std::runtime_error(owner.what.string() + " is in the hands of " + named(owner.user) +
                             ", and " + path.string() + " in those of " + named(status.st_uid) +
                             ": no command of root's is done there; run it as that account, or "
                             "give both to one");
  }
  owner.group = status.st_gid;
  return owner;
}

void require_same_hands(const fs::path& settings, const std::vector<fs::path>& places) {
  if (own_user() != 0) return;
  // A file of root's in an account's folder is that account's to exchange.
  const WayOwner asks = Way(settings).walk();
  if (asks.user == 0) return;
  for (const fs::path& place : places) {
    const WayOwner owner = Way(place).walk();
    if (owner.user == asks.user) continue;
    throw std::runtime_error(settings.string() + " is in the hands of " + named(asks.user) +
                             ", and names " + place.string() + ", where " + owner.what.string() +
                             " is in those of " + named(owner.user) +
                             ": root does nothing there on its word. Give the two to one account, "
                             "or the settings to root");
  }
}

}  // namespace icom::os
