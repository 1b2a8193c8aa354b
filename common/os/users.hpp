// Accounts of this machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace icom::os {

using UserId = std::uint32_t;

/// The number that this text is; nullopt if it is none.
std::optional<UserId> user_number(const std::string& text);
/// nullopt if there is no such account. Asks the machine's directory service, which answers when it
/// likes: not for an event loop. Throws std::system_error if that fails. Thread-safe.
std::optional<UserId> user_id(const std::string& name);
/// The number as text if it has no name. Asks the directory service, too.
std::string user_name(UserId user);
/// The same, and the number as well where the directory service does not answer within `limit`.
std::string user_name_within(std::chrono::milliseconds limit, UserId user);
/// Whom this process acts for.
UserId own_user();

/// For a command that root runs on a file in somebody else's folder: the process is from now on the
/// account's that decides where the folder's name leads (way_owner.hpp), so that whoever changes
/// names there meanwhile reaches nothing that is not his. Nothing happens where the process is not
/// root's, or all of the way is. An empty path is the current folder. Throws std::system_error
/// where it cannot be done, and as owner_of_way(). Not beside other threads.
void become_owner_of(const std::filesystem::path& folder);

/// The same for as long as it lives, for a command that has more to do as root, or in the folders
/// of several. Of a folder that is not there yet the nearest one above decides. Does nothing while
/// another one acts for somebody. The whole process acts, so no other thread may need root
/// meanwhile.
class ActingForOwner {
 public:
  explicit ActingForOwner(const std::filesystem::path& folder);
  ~ActingForOwner();
  ActingForOwner(const ActingForOwner&) = delete;
  ActingForOwner& operator=(const ActingForOwner&) = delete;

  /// Whom it acts for, if that is somebody else.
  [[nodiscard]] std::optional<UserId> owner() const { return owner_; }

 private:
  struct Before;

  std::unique_ptr<Before> before_;  ///< what to be again
  std::optional<UserId> owner_;
};

/// What `work` returns, done so.
template <typename Work>
auto as_owner_of(const std::filesystem::path& folder, Work work) {
  const ActingForOwner owner(folder);
  return work();
}

}  // namespace icom::os
