#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <tuple>
#include <utility>

#include "common/os/handle.hpp"
#include "common/os/program_output.hpp"

namespace icom::os {

namespace {

using Clock = std::chrono::steady_clock;

/// How often a program that has closed its outputs is looked at.
constexpr std::chrono::milliseconds kLookAgain{10};
constexpr int kBySignal = 128;

void require_zero(int error, const std::filesystem::path& program) {
  if (error == 0) return;
  throw std::system_error(error, std::generic_category(), "cannot start " + program.string());
}

/// What a program writes, on its way to us.
class OutputPipe {
 public:
  explicit OutputPipe(const std::filesystem::path& program) {
    std::array<int, 2> ends{};
    require_zero(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, program);
    read_ = FileHandle(ends[0]);
    write_ = FileHandle(ends[1]);
    require_zero(::fcntl(read_.get(), F_SETFL, O_NONBLOCK) == 0 ? 0 : errno, program);
  }
  [[nodiscard]] int reads() const { return read_.get(); }
  [[nodiscard]] int writes() const { return write_.get(); }
  void leave_to_program() { write_.reset(); }
  [[nodiscard]] bool is_open() const { return read_.valid(); }
  /// What is there; at its end it is open no more.
  void take() {
    std::array<char, 4096> piece{};
    const ssize_t got = ::read(read_.get(), piece.data(), piece.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return read_.reset();
    const std::size_t room = kMostProgramOutput - text_.size();
    text_.append(piece.data(), std::min(static_cast<std::size_t>(got), room));
  }
  [[nodiscard]] std::string& text() { return text_; }

 private:
  FileHandle read_;
  FileHandle write_;
  std::string text_;
};

/// With signals as in any program, whatever is ignored or held back here.
class ProgramStart {
 public:
  ProgramStart(std::filesystem::path program, int out, int err) : program_(std::move(program)) {
    require_zero(::posix_spawn_file_actions_init(&actions_), program_);
    require_zero(
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
        program_);
    require_zero(::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO), program_);
    require_zero(::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO), program_);
    require_zero(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1),
                 program_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGHUP);
    require_zero(::posix_spawnattr_init(&attributes_), program_);
    require_zero(::posix_spawnattr_setsigmask(&attributes_, &none), program_);
    require_zero(::posix_spawnattr_setsigdefault(&attributes_, &usual), program_);
    require_zero(
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF),
        program_);
  }
  ~ProgramStart() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  ProgramStart(const ProgramStart&) = delete;
  ProgramStart& operator=(const ProgramStart&) = delete;

  pid_t run(std::vector<std::string> words) {
    std::string name = program_.string();
    std::vector<char*> pointers{name.data()};
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    std::string language = "LC_ALL=C";
    std::array<char*, 3> environment{path.data(), language.data(), nullptr};
    pid_t child = 0;
    require_zero(::posix_spawn(&child, name.c_str(), &actions_, &attributes_, pointers.data(),
                               environment.data()),
                 program_);
    return child;
  }

 private:
  std::filesystem::path program_;
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

int left_until(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

/// Until both are at their ends, or it is over.
void take_all(OutputPipe& out, OutputPipe& err, Clock::time_point until) {
  while ((out.is_open() || err.is_open()) && left_until(until) > 0) {
    // poll() passes over what is closed.
    std::array<pollfd, 2> waiting{pollfd{out.reads(), POLLIN, 0}, pollfd{err.reads(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), left_until(until)) <= 0) continue;
    if (waiting[0].revents != 0) out.take();
    if (waiting[1].revents != 0) err.take();
  }
}

/// nullopt if it was killed for being late.
std::optional<int> end_of(pid_t child, Clock::time_point until) {
  int status = 0;
  pid_t ended = 0;
  while ((ended = ::waitpid(child, &status, WNOHANG)) == 0 && left_until(until) > 0) {
    ::poll(nullptr, 0, static_cast<int>(kLookAgain.count()));
  }
  if (ended == 0) {
    // Not waited for, so the number is still its own. The kernel lets go of it at once, unless it
    // waits for a disk: then it is left behind.
    ::kill(child, SIGKILL);
    ::poll(nullptr, 0, static_cast<int>(kLookAgain.count()));
    std::ignore = ::waitpid(child, &status, WNOHANG);
    return std::nullopt;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kBySignal + WTERMSIG(status);
}

}  // namespace

std::optional<ProgramOutput> output_of(const std::filesystem::path& program,
                                       const std::vector<std::string>& arguments,
                                       std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  OutputPipe out(program);
  OutputPipe err(program);
  const pid_t child = ProgramStart(program, out.writes(), err.writes()).run(arguments);
  out.leave_to_program();
  err.leave_to_program();
  take_all(out, err, until);
  const auto exit_code = end_of(child, until);
  if (!exit_code) return std::nullopt;
  return ProgramOutput{*exit_code, std::move(out.text()), std::move(err.text())};
}

}  // namespace icom::os
