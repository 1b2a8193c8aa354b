// A real OpenSSH sshd on loopback, with throw-away keys.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/ssh/settings.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::ssh {

/// Runs a program of the system to its end; throws if it fails.
void run_program(const std::vector<std::string>& arguments);

/// A program that runs beside the test, until it is killed with this object.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

 private:
  pid_t pid_;
};

/// `ssh-keygen`, without a passphrase unless one is given.
void make_key(const std::filesystem::path& file, const std::string& type = "ed25519",
              const std::string& passphrase = "");

/// sshd's options that a test may choose.
struct SshdOptions {
  std::string restrictions;  ///< before the key in authorized_keys, e.g. `restrict,port-forwarding`
  std::string config;        ///< lines added to sshd_config
  bool hash_names = false;   ///< in known_hosts
};

/// sshd accepts connections from the end of the constructor on, and ends with this object, its
/// connections' processes too. As root the tunnel's account is `nobody` (sshd refuses a locked
/// root), otherwise whoever runs the test.
class Sshd {
 public:
  explicit Sshd(const SshdOptions& options = {});
  ~Sshd();
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  /// That of a client which this sshd lets in.
  [[nodiscard]] Settings settings() const;
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// What stands before the key in authorized_keys, from the next login on.
  void restrict(const std::string& restrictions) const;

  /// To sshd and to the process of every connection.
  void signal_all(int signal) const;
  /// Kills the process of every connection; sshd goes on.
  void break_connections() const;
  /// What sshd has logged so far.
  [[nodiscard]] std::string log() const;
  /// Waits until `text` stands in the log; false after 10 s.
  [[nodiscard]] bool logs(std::string_view text) const;

 private:
  void write_config(const SshdOptions& options);
  bool start();
  void stop();
  void collect_log(int pipe);

  os::TemporaryDirectory directory_;
  std::string user_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  std::thread log_reader_;
  mutable std::mutex mutex_;
  mutable std::condition_variable log_grew_;
  std::string log_;
  bool log_ended_ = false;
};

}  // namespace icom::ssh
