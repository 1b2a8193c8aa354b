#include "common/os/lock_beside.hpp"

#include <stdexcept>
#include <string>

#include "common/os/folder_of.hpp"
#include "common/os/lock_holder.hpp"
#include "common/os/path_text.hpp"

namespace icom::os {

std::unique_ptr<File> lock_beside(FileSystem& files, const std::filesystem::path& file) {
  const auto fail = [&file](const char* what, std::error_code error) {
    throw std::runtime_error(std::string(what) + ' ' + utf8(file) + ": " + error.message());
  };
  const auto lock = folder_of(file) / path_of_utf8("." + utf8(file.filename()) + ".lock");
  std::unique_ptr<File> made;  // so that a lock that root makes is the service's to hold, too
  std::error_code error = files.create_for(lock, Access::owner, made);
  if (error && error != std::errc::file_exists) fail("cannot make a lock beside", error);
  std::unique_ptr<File> held;
  error = files.lock(lock, held);
  if (error == std::errc::resource_unavailable_try_again) {
    throw std::runtime_error("another command is changing " + utf8(file) + ": " +
                             lock_holder(lock) +
                             "; nothing was written; try again once it is done");
  }
  if (error) fail("cannot lock beside", error);
  return held;
}

}  // namespace icom::os
