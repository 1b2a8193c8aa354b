#include "gateway/registration/host_keys.hpp"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include "common/os/edited_file.hpp"
#include "common/os/file_system.hpp"
#include "common/ssh/public_key.hpp"
#include "gateway/registration/places.hpp"

namespace icom::registration {

namespace {

/// One line, and a comment.
constexpr std::uint64_t kMaxHostKeyBytes = 16U << 10U;

/// Of those that the agent's SSH library takes; an RSA host key is of no use to it.
bool usable(const ssh::PublicKey& key) {
  return key.type() == "ssh-ed25519" || key.type().starts_with("ecdsa-sha2-");
}

constexpr const char* kAdvice =
    ": correct tunnel.host_keys in gateway.yaml (/etc/ssh has the *.pub)";

std::string first_line_of(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::status(file, error).type() == std::filesystem::file_type::not_found) {
    throw RegistrationError(file.string() + " is not there" + kAdvice);
  }
  try {
    const std::string text = os::read_text_file(os::real_file_system(), file, kMaxHostKeyBytes);
    return text.substr(0, text.find('\n'));
  } catch (const std::runtime_error& unread) {
    throw RegistrationError(std::string(unread.what()) + kAdvice);
  }
}

}  // namespace

std::vector<std::string> host_keys(const config::TunnelEndSettings& tunnel) {
  std::vector<std::string> keys;
  for (const std::filesystem::path& file : tunnel.host_keys) {
    const auto key = ssh::PublicKey::parse(first_line_of(file));
    if (!key) {
      throw RegistrationError(file.string() + " is no public host key that can be read" + kAdvice);
    }
    if (usable(*key)) keys.push_back(key->text());
  }
  if (keys.empty()) {
    throw RegistrationError(
        "none of tunnel.host_keys is of a type that agents can check: name the Ed25519 one, "
        "/etc/ssh/ssh_host_ed25519_key.pub");
  }
  return keys;
}

}  // namespace icom::registration
