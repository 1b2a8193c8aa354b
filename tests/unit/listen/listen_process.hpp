// icom-listen as a child of a test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "agent/listen/listener_status.hpp"
#include "agent/spool/spool_reader.hpp"
#include "tests/unit/listen/fake_linac.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::listen {

/// One icom-listen; killed at the end if it has not ended by itself.
class ListenProcess {
 public:
  ListenProcess(std::vector<std::string> arguments, const std::filesystem::path& errors) {
    arguments.insert(arguments.begin(), ICOM_LISTEN_PROGRAM);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int failed =
        ::posix_spawn(&pid_, ICOM_LISTEN_PROGRAM, &actions, nullptr, argv.data(), ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::system_error(failed, std::generic_category(), ICOM_LISTEN_PROGRAM);
  }
  ~ListenProcess() {
    if (pid_ == 0) return;
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ListenProcess(const ListenProcess&) = delete;
  ListenProcess& operator=(const ListenProcess&) = delete;

  void signal(int number) const { ::kill(pid_, number); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Its exit code; nothing if it was killed or does not end.
  std::optional<int> wait() {
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) return std::nullopt;
    pid_ = 0;
    return WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt;
  }

 private:
  pid_t pid_ = 0;
};

/// A Linac, a spool, and listeners between them.
class ListenProcessFixture : public ::testing::Test {
 protected:
  std::unique_ptr<ListenProcess> start(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"--linac", linac_.address().text(), "--serial", "4299",
                                       "--spool", folder_.path().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<ListenProcess>(arguments, folder_.path() / "stderr");
  }
  std::optional<int> run(std::vector<std::string> arguments) {
    return ListenProcess(std::move(arguments), folder_.path() / "stderr").wait();
  }

  [[nodiscard]] std::filesystem::path spool() const { return folder_.path() / "4299"; }
  /// Until it has this Linac's bytes in the spool.
  bool has_spooled(const ByteVector& stream) {
    return eventually([&] { return spooled() == stream; });
  }

  [[nodiscard]] std::string errors() const {
    std::ifstream file(folder_.path() / "stderr");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  [[nodiscard]] std::optional<ListenerStatus> status() const {
    std::ifstream file(folder_.path() / "4299" / kListenerStatusFile);
    std::ostringstream text;
    text << file.rdbuf();
    return listener_status_from_json(text.str());
  }
  ByteVector spooled() {
    spool::SpoolReader reader(os::real_file_system(), folder_.path() / "4299");
    ByteVector stream;
    while (const auto entry = reader.next()) {
      if (entry->kind == EntryKind::frame || entry->kind == EntryKind::junk) {
        append(stream, entry->bytes);
      }
    }
    return stream;
  }

  os::TemporaryDirectory folder_;
  FakeLinac linac_;
};

}  // namespace icom::listen
