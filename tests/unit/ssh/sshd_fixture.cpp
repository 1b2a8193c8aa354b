#include "tests/unit/ssh/sshd_fixture.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/unit/os/free_port.hpp"

extern char** environ;

namespace icom::ssh {
namespace {

constexpr std::chrono::seconds kStartTime(10);

/// Starts a program with its stdout and stderr on `output`, or on ours if that is negative.
pid_t spawn(const std::vector<std::string>& arguments, int output) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (output >= 0) {
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  }
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
  return pid;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string account() {
  if (::geteuid() == 0) return "nobody";
  const passwd* const entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : "unknown";
}

/// `pid` and every process below it.
std::vector<pid_t> process_tree(pid_t pid) {
  std::vector<pid_t> tree{pid};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const std::string id = std::to_string(tree[i]);
    std::ifstream children("/proc/" + id + "/task/" + id + "/children");
    for (pid_t child = 0; children >> child;) tree.push_back(child);
  }
  return tree;
}

}  // namespace

void run_program(const std::vector<std::string>& arguments) {
  int status = 0;
  const pid_t pid = spawn(arguments, -1);
  if (::waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error(arguments[0] + " failed");
  }
}

Program::Program(const std::vector<std::string>& arguments) : pid_(spawn(arguments, -1)) {}

Program::~Program() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void make_key(const std::filesystem::path& file, const std::string& type,
              const std::string& passphrase) {
  run_program(
      {"ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f", file.string()});
}

Sshd::Sshd(const SshdOptions& options) : user_(account()) {
  // The account must be able to reach its authorized_keys.
  std::filesystem::permissions(directory(), std::filesystem::perms(0755));
  make_key(directory() / "host_key");
  make_key(directory() / "user_key");
  // Another process may take the port before sshd does.
  constexpr int kAttempts = 5;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    port_ = free_port();
    write_config(options);
    if (start()) return;
    stop();
  }
  throw std::runtime_error("sshd does not start: " + log());
}

Sshd::~Sshd() {
  stop();
}

void Sshd::write_config(const SshdOptions& options) {
  // Without PAM, an sshd that can not read the shadow file takes every account for a locked one.
  const char* const use_pam = ::geteuid() == 0 ? "no" : "yes";
  restrict(options.restrictions);
  std::ofstream(directory() / "sshd_config")
      << "Port " << port_ << "\nListenAddress 127.0.0.1\nPidFile none\n"
      << "HostKey " << (directory() / "host_key").string() << "\n"
      << "AuthorizedKeysFile " << (directory() / "authorized_keys").string() << "\n"
      << "AllowUsers " << user_ << "\nUsePAM " << use_pam
      << "\nStrictModes no\nPasswordAuthentication no\n"
      << "KbdInteractiveAuthentication no\nLogLevel DEBUG1\n"
      << options.config << "\n";
  const auto known_hosts = directory() / "known_hosts";
  std::ofstream(known_hosts) << "[127.0.0.1]:" << port_ << " "
                             << content(directory() / "host_key.pub");
  if (options.hash_names) run_program({"ssh-keygen", "-q", "-H", "-f", known_hosts.string()});
}

void Sshd::restrict(const std::string& restrictions) const {
  const std::string separator = restrictions.empty() ? "" : " ";
  std::ofstream(directory() / "authorized_keys")
      << restrictions << separator << content(directory() / "user_key.pub");
}

bool Sshd::start() {
  // sshd wants this folder for its unprivileged part, and only root can make it.
  if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  log_ended_ = false;
  // A test that crashes takes its sshd with it.
  pid_ = spawn({"setpriv", "--pdeathsig", "KILL", "/usr/sbin/sshd", "-D", "-e", "-f",
                (directory() / "sshd_config").string()},
               pipe[1]);
  ::close(pipe[1]);
  log_reader_ = std::thread([this, end = pipe[0]] { collect_log(end); });
  return logs("Server listening on 127.0.0.1 port " + std::to_string(port_));
}

void Sshd::stop() {
  if (pid_ > 0) {
    // A stopped process would not see the other signal.
    signal_all(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  if (log_reader_.joinable()) log_reader_.join();
}

void Sshd::signal_all(int signal) const {
  for (const pid_t pid : process_tree(pid_)) ::kill(pid, signal);
}

void Sshd::break_connections() const {
  for (const pid_t pid : process_tree(pid_)) {
    if (pid != pid_) ::kill(pid, SIGKILL);
  }
}

void Sshd::collect_log(int pipe) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
    const std::lock_guard lock(mutex_);
    if (got > 0) log_.append(buffer.data(), static_cast<std::size_t>(got));
    if (got <= 0) log_ended_ = true;
    log_grew_.notify_all();
    if (got <= 0) break;
  }
  ::close(pipe);
}

std::string Sshd::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

bool Sshd::logs(std::string_view text) const {
  std::unique_lock lock(mutex_);
  const auto found = [&] { return log_.find(text) != std::string::npos; };
  log_grew_.wait_for(lock, kStartTime, [&] { return found() || log_ended_; });
  return found();
}

Settings Sshd::settings() const {
  Settings settings;
  settings.host = "127.0.0.1";
  settings.port = port_;
  settings.user = user_;
  settings.key = directory() / "user_key";
  settings.known_hosts = directory() / "known_hosts";
  return settings;
}

}  // namespace icom::ssh
