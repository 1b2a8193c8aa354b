// What OpenSSH's sshd of this machine says that it does for an account.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config/address.hpp"

namespace icom::serve {

/// `sshd -T`: a setting a line, its name in small letters.
class SshdSettings {
 public:
  explicit SshdSettings(std::string_view text);

  /// The first, as it stands there; empty where there is none.
  [[nodiscard]] std::string value(const std::string& name) const;
  /// In small letters, for a setting that is yes, no or another word.
  [[nodiscard]] std::string word(const std::string& name) const;
  /// All words of all its lines.
  [[nodiscard]] std::vector<std::string> words(const std::string& name) const;
  /// Where it listens.
  [[nodiscard]] std::vector<config::Address> listens() const;

 private:
  std::multimap<std::string, std::string> lines_;
};

struct SshdProgram {
  std::filesystem::path program = "/usr/sbin/sshd";  ///< Debian's, which sshd.service starts
  std::vector<std::string> options = {};             ///< beside those that ask for the settings
};

/// The settings that hold for a connection of `user` from another machine to `port`; or else a
/// sentence: why there are none, and what to do. Root's to ask: the program reads its host keys.
/// Waits for it for some seconds at most.
std::variant<SshdSettings, std::string> sshd_settings_for(const std::string& user,
                                                          std::uint16_t port,
                                                          const SshdProgram& sshd = {});

}  // namespace icom::serve
