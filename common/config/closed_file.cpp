#include "common/config/closed_file.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>

#include "common/os/file_owner.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/path_text.hpp"
#include "common/os/users.hpp"

namespace icom::config {
namespace {

std::string name_of(os::UserId user) {
  constexpr std::chrono::seconds kAnswerTime{2};
  return os::user_name_within(kAnswerTime, user);
}

}  // namespace

std::string readable_file(const std::filesystem::path& file, std::error_code error) {
  if (error == std::errc::no_such_file_or_directory) {
    return "a file that is there (" + error.message() +
           "): put it there, or correct the path (where it is there, a folder on the way or the "
           "target of a link is not)";
  }
  if (error != std::errc::permission_denied) {
    return "a file that can be read (" + error.message() + ")";
  }
  const std::string us = name_of(os::own_user());
  const std::string wanted = "a file that account " + us + " can read; ";
  if (const auto owner = os::owner_of(file)) {
    const std::string other = name_of(*owner);
    const std::string give = "give it to " + us + " (chown " + us + ' ' + file.string() + ')';
    if (*owner == 0) return wanted + "it is root's: " + give;
    return wanted + "it is " + other + "'s: run this as " + other + " or root, or " + give;
  }
  std::filesystem::path folder = os::folder_of(file);
  auto owner = os::owner_of(folder);
  while (!owner && folder.has_relative_path()) {
    folder = os::folder_of(folder);
    owner = os::owner_of(folder);
  }
  if (!owner) return wanted + "run this as root, or as the account that it is for";
  const std::string other = name_of(*owner);
  return wanted + os::utf8(folder) + " is " + other + "'s, and closed to it: run this as root" +
         (*owner == 0 ? std::string() : ", or as " + other + " (runuser -u " + other + " -- ...)");
}

bool is_there(const std::filesystem::path& file) {
  std::error_code error;
  const auto type = std::filesystem::status(file, error).type();
  if (type == std::filesystem::file_type::not_found) return false;
  if (type != std::filesystem::file_type::none) return true;
  throw std::runtime_error(file.string() + ": expected " + readable_file(file, error));
}

}  // namespace icom::config
