// Why a file was not opened where the operating system would have opened it.
#pragma once

#include <system_error>

namespace icom::os {

enum class FileError {
  not_regular = 1,  ///< a device, a pipe, a socket or a folder stands under the name
  symbolic_link,    ///< a symbolic link stands where none is followed
};

std::error_code make_error_code(FileError error);

/// True if the error says that this file system cannot sync a folder, as some network mounts
/// answer: whatever is tried, a rename there may be undone by a power cut.
bool means_folders_cannot_be_synced(std::error_code error);

}  // namespace icom::os

template <>
struct std::is_error_code_enum<icom::os::FileError> : std::true_type {};
