// The pinned host keys of a known_hosts file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct _LIBSSH2_KNOWNHOSTS;
struct _LIBSSH2_SESSION;

namespace icom::ssh {

/// What a file in OpenSSH's format says of servers: plain and hashed names, `[host]:port` for ports
/// other than 22. Patterns
/// (`*.example`) match nothing; a line with a marker (`@revoked`, `@cert-authority`) is refused,
/// for libssh2 does not know it and would not heed it.
class KnownHosts {
 public:
  /// Throws Error (settings), with the line's number where one is bad.
  explicit KnownHosts(const std::filesystem::path& file);
  ~KnownHosts();
  KnownHosts(const KnownHosts&) = delete;
  KnownHosts& operator=(const KnownHosts&) = delete;

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
  enum class Finding { no_entry, same_key, other_key };
  [[nodiscard]] Finding find(const std::string& name, int key_type, const char* base64_key) const;
  void load();

  std::filesystem::path file_;
  std::unique_ptr<_LIBSSH2_SESSION, int (*)(_LIBSSH2_SESSION*)> session_;
  std::unique_ptr<_LIBSSH2_KNOWNHOSTS, void (*)(_LIBSSH2_KNOWNHOSTS*)> hosts_;
};

}  // namespace icom::ssh
