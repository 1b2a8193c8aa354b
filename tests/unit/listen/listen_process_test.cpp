// icom-listen as its users run it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>

#include "agent/listen/listener_status.hpp"
#include "agent/spool/spool_reader.hpp"
#include "tests/unit/listen/fake_linac.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::listen {
namespace {

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

class ListenProgram : public ::testing::Test {
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

TEST_F(ListenProgram, SigtermGivesTheLinacAFinAndKeepsEverything) {
  const auto listener = start();
  linac_.accept();
  linac_.send(linac_frames(0, 20));
  listener->signal(SIGTERM);
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.send(linac_frame(21));
  linac_.close();
  EXPECT_EQ(listener->wait(), 0);
  EXPECT_EQ(spooled(), linac_frames(0, 21));
  EXPECT_FALSE(status()->stream.connected);
}

TEST_F(ListenProgram, ALostTerminalAndAClosedPipeEndNothing) {
  const auto listener = start();
  linac_.accept();
  listener->signal(SIGHUP);
  listener->signal(SIGPIPE);
  linac_.send(linac_frames(0, 3));
  EXPECT_TRUE(eventually([&] { return spooled() == linac_frames(0, 3); }));
}

TEST_F(ListenProgram, KilledItLeavesWhatItHadWritten) {
  const auto listener = start();
  linac_.accept();
  linac_.send(linac_frames(0, 20));
  EXPECT_TRUE(eventually([&] { return spooled() == linac_frames(0, 20); }));
  listener->signal(SIGKILL);
  EXPECT_EQ(listener->wait(), std::nullopt);
  EXPECT_EQ(spooled(), linac_frames(0, 20));
}

TEST_F(ListenProgram, ASecondOneForTheSameSpoolFailsAndSaysWhy) {
  const auto listener = start();
  linac_.accept();
  EXPECT_EQ(start()->wait(), 1);
  EXPECT_NE(errors().find("another listener writes this spool"), std::string::npos) << errors();
}

TEST_F(ListenProgram, WrongUsageIsToldByTheExitCodeAndALine) {
  const auto spool = folder_.path().string();
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"--linac", "192.168.17.400", "--serial", "4299", "--spool", spool}), 2);
  EXPECT_NE(errors().find("192.168.17.400"), std::string::npos) << errors();
  EXPECT_EQ(run({"--linac", "127.0.0.1", "--serial", "../4299", "--spool", spool}), 2);
  EXPECT_EQ(run({"--linac", "127.0.0.1", "--serial", "4299", "--spool", spool, "--max-bytes", "1"}),
            2);
  EXPECT_EQ(
      run({"--linac", "127.0.0.1", "--serial", "4299", "--spool", spool, "--log-level", "loud"}),
      2);
}

TEST_F(ListenProgram, LogsNothingOfAPatient) {
  const auto listener = start({"--log-level", "trace"});
  linac_.accept();
  linac_.send(linac_frames(0, 40));
  linac_.send(linac_frame(90));
  linac_.close();
  linac_.accept();
  listener->signal(SIGTERM);
  linac_.wait_for_end();
  linac_.close();
  EXPECT_EQ(listener->wait(), 0);
  const auto log = errors();
  EXPECT_NE(log.find("connected to the Linac"), std::string::npos);
  EXPECT_EQ(log.find("BANKSIA"), std::string::npos);
  EXPECT_EQ(log.find("100234"), std::string::npos);
}

}  // namespace
}  // namespace icom::listen
