// The pinned host keys of a known_hosts file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icom::ssh {

/// What a file in OpenSSH's format says of servers: plain and hashed names, patterns, `[host]:port`
/// for ports other than 22. A line with a marker (`@revoked`, `@cert-authority`) is refused: what
/// it asks for would not be heeded. Immutable; for any thread.
class KnownHosts {
 public:
  /// Throws Error (settings), with the line's number where one is bad.
  explicit KnownHosts(const std::filesystem::path& file);

  struct Pins {
    std::string name;                ///< as in the file: `host` or `[host]:port`
    std::vector<std::string> types;  ///< names of usable algorithms that have a key pinned
    bool unusable_only = false;  ///< keys are pinned, but only of types that can not be used (RSA)
  };
  [[nodiscard]] Pins pins_of(const std::string& host, std::uint16_t port) const;

  /// Whether `key` (its wire form) of algorithm `type` is pinned under `name`.
  [[nodiscard]] bool trusts(const std::string& name, std::string_view type,
                            std::span<const char> key) const;

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  struct Entry {
    std::string names;  ///< the first field
    std::string type;
    std::string key;  ///< in Base64
  };
  void load();
  void add(std::string_view line, int number);

  std::filesystem::path file_;
  std::vector<Entry> entries_;
};

}  // namespace icom::ssh
