// Whether a file of somebody else holds what is to be written.
#pragma once

#include <cstdint>
#include <system_error>

#include "common/os/file_system.hpp"

namespace icom::archive {

/// Who laid the file there may have made it as large as he likes: one of another size is not read,
/// and one of the same size in small pieces, up to the first that differs. `size` is the file's;
/// `content` is a file that holds what is to be written, of any length.
std::error_code look_for_content(os::File& file, os::File& content, std::uint64_t& size,
                                 bool& same);

}  // namespace icom::archive
