#include "common/os/read_file.hpp"

#include <memory>
#include <span>

namespace icom::os {

std::error_code read_file(FileSystem& files, const std::filesystem::path& file,
                          std::uint64_t most_bytes, std::string& content) {
  content.clear();
  std::unique_ptr<File> opened;
  std::uint64_t size = 0;
  std::error_code error = files.open_read(file, opened);
  if (!error) error = opened->size(size);
  if (error) return error;
  if (size > most_bytes) return std::make_error_code(std::errc::file_too_large);
  std::string text(size, '\0');
  std::size_t got = 0;
  error = opened->read_at(0, std::as_writable_bytes(std::span(text)), got);
  if (error) return error;
  text.resize(got);
  content = std::move(text);
  return {};
}

}  // namespace icom::os
