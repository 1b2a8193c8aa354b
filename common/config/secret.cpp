#include <algorithm>
#include <array>
#include <memory>
#include <system_error>

#include "common/config/closed_file.hpp"
#include "common/config/config_error.hpp"
#include "common/config/site_settings.hpp"
#include "common/os/file_system.hpp"
#include "common/os/machine_fault.hpp"
#include "common/os/path_text.hpp"
#include "common/os/private_file.hpp"
#include "common/text/byte_order_mark.hpp"
#include "common/text/control.hpp"

namespace icom::config {
namespace {

constexpr std::size_t kMinSecret = 16;
constexpr std::size_t kMaxSecret = 1024;

/// Nothing is wrong with the file.
[[noreturn]] void fail(const std::filesystem::path& file, std::error_code error) {
  throw os::MachineFault("cannot read " + os::utf8(file) + " now (" + error.message() + ")");
}

}  // namespace

bool is_secret(std::string_view text) {
  return text.size() >= kMinSecret && text.size() <= kMaxSecret &&
         std::ranges::none_of(text, text::is_control);
}

std::string read_secret(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (os::is_machine_fault(error)) fail(file, error);
  if (status.type() == std::filesystem::file_type::none) {
    refuse_file(file, readable_file(file, error));
  }
  if (!std::filesystem::exists(status))
    refuse_file(file, "this file to be there, holding one secret");
  if (!std::filesystem::is_regular_file(status)) refuse_file(file, "a regular file");
  bool is_private = false;
  error = os::is_private(file, os::Access::group, is_private);
  if (os::is_machine_fault(error)) fail(file, error);
  if (!error && !is_private) {
    refuse_file(file, "a file that only its owner can write and only owner and group can read: " +
                          os::how_to_make_private(os::Access::group, "it") +
                          ", and make a new secret if somebody may have read it");
  }

  constexpr std::size_t kMarkAndLineBreak = 5;
  std::array<std::byte, kMaxSecret + kMarkAndLineBreak + 1> buffer{};
  std::unique_ptr<os::File> opened;
  std::size_t size = 0;
  error = os::real_file_system().open_read(file, opened);
  if (!error) error = opened->read_at(0, buffer, size);
  if (os::is_machine_fault(error)) fail(file, error);
  if (error) refuse_file(file, readable_file(file, error));
  std::string secret(text::without_byte_order_mark(as_text(Bytes(buffer).first(size))));
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.find_first_of(std::string("\r\n\0", 3)) != std::string::npos) {
    refuse_file(file, "a secret of one line");
  }
  if (secret.size() < kMinSecret || secret.size() > kMaxSecret) {
    refuse_file(file, "a secret of " + std::to_string(kMinSecret) + " to " +
                          std::to_string(kMaxSecret) +
                          " characters (openssl rand -hex 32 makes one)");
  }
  return secret;
}

}  // namespace icom::config
