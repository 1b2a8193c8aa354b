#include "agent/enrol/staged_files.hpp"

#include <stdexcept>

#include "common/config/closed_file.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/path_text.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/key_pair.hpp"

namespace icom::enrol {

std::filesystem::path next_of(std::filesystem::path file) {
  return file += ".next";
}

void write_private(os::FileSystem& files, const std::filesystem::path& file,
                   const std::string& text) {
  const auto error = os::write_atomically_for(files, file, os::Access::owner, as_bytes(text));
  if (error) {
    const bool lacks_rights = error == std::errc::permission_denied;
    throw std::runtime_error(
        "cannot write " + os::utf8(file) + " (" + error.message() + ")" +
        (lacks_rights ? ": run this as the account that owns " + os::utf8(os::folder_of(file)) +
                            ", or as root"
                      : ": nothing that was there is changed; mend that, then run this again"));
  }
}

void remove(os::FileSystem& files, const std::filesystem::path& file) {
  // The unfinished one is named as os::write_atomically() does.
  const auto unfinished =
      os::folder_of(file) / os::path_of_utf8("." + os::utf8(file.filename()) + ".tmp");
  for (const auto& one : {unfinished, file}) {
    const auto error = files.remove(one);
    if (error && error != std::errc::no_such_file_or_directory) {
      throw std::runtime_error("cannot remove " + os::utf8(one) + " (" + error.message() + ")");
    }
  }
}

void replace(os::FileSystem& files, const std::filesystem::path& file,
             const std::filesystem::path& old) {
  auto error = files.rename(file, old);
  if (!error) error = files.sync_directory(os::folder_of(old));
  if (error) {
    throw std::runtime_error("cannot replace " + os::utf8(old) + " (" + error.message() + ")");
  }
}

ssh::PrivateKey key_in(os::FileSystem& files, const std::filesystem::path& file,
                       const std::string& comment) {
  if (config::is_there(file)) {
    try {
      return ssh::PrivateKey::load(file);
    } catch (const ssh::Error&) {
      // Nobody has been told of it: another one will do.
    }
  }
  write_private(files, file, ssh::make_key_pair(comment).private_key);
  return ssh::PrivateKey::load(file);
}

}  // namespace icom::enrol
