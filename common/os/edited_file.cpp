#include "common/os/edited_file.hpp"

#include <limits>
#include <memory>
#include <stdexcept>

#include "common/os/lock_beside.hpp"
#include "common/os/path_text.hpp"
#include "common/os/read_file.hpp"

namespace icom::os {

namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& file, std::error_code error) {
  throw std::runtime_error(std::string(what) + ' ' + utf8(file) + ": " + error.message());
}

/// What a symbolic link names; anything else as it is.
std::filesystem::path behind_links(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(file, error);
  return error ? file : real;
}

}  // namespace

std::string read_text_file(FileSystem& files, const std::filesystem::path& file,
                           std::uint64_t max_bytes) {
  std::string text;
  const std::error_code error = read_file(files, file, max_bytes, text);
  if (error == std::errc::file_too_large) {
    throw std::runtime_error(utf8(file) + " is larger than " + std::to_string(max_bytes) +
                             " bytes: is it the right file?");
  }
  if (error) fail("cannot read", file, error);
  return text;
}

void rewrite_edited_file(FileSystem& files, const std::filesystem::path& file,
                         std::string_view before, std::string_view after) {
  const std::filesystem::path real = behind_links(file);
  const auto lock = lock_beside(files, real);
  constexpr auto kAnySize = std::numeric_limits<std::uint64_t>::max();
  if (read_text_file(files, real, kAnySize) != before) {
    throw std::runtime_error("somebody has changed " + utf8(file) +
                             " meanwhile: nothing was written; look at it, and try again");
  }
  if (const auto error = rewrite_atomically(files, real, as_bytes(after))) {
    fail("cannot write", file, error);
  }
}

}  // namespace icom::os
