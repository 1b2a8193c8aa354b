#include "common/os/file_error.hpp"

#include <string>

namespace icom::os {

namespace {

class FileErrorCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "icom file"; }
  [[nodiscard]] std::string message(int error) const override {
    return static_cast<FileError>(error) == FileError::symbolic_link
               ? "Is a symbolic link, which is not followed"
               : "Is not a regular file";
  }
};

}  // namespace

std::error_code make_error_code(FileError error) {
  static const FileErrorCategory category;
  return {static_cast<int>(error), category};
}

bool means_folders_cannot_be_synced(std::error_code error) {
  return error == std::errc::invalid_argument || error == std::errc::not_supported ||
         error == std::errc::operation_not_supported;
}

}  // namespace icom::os
