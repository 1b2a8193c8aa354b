#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <system_error>
#include <tuple>

#include "common/os/child_program.hpp"

namespace icom::os {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#elif defined(__has_feature)
constexpr bool kHasSanitizer = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kHasSanitizer = false;
#endif

/// What a child begins with: `stream` as its input and output, signals as in any program.
class Beginning {
 public:
  explicit Beginning(int stream) {
    constexpr int kFirstOfOthers = 3;
    require(::posix_spawn_file_actions_init(&actions_));
    require(::posix_spawn_file_actions_adddup2(&actions_, stream, STDIN_FILENO));
    require(::posix_spawn_file_actions_adddup2(&actions_, stream, STDOUT_FILENO));
    require(::posix_spawn_file_actions_addclosefrom_np(&actions_, kFirstOfOthers));
    sigset_t none;
    sigemptyset(&none);
    require(::posix_spawnattr_init(&attributes_));
    require(::posix_spawnattr_setsigmask(&attributes_, &none));
    // What a process ignores its programs would ignore as well.
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGHUP);
    require(::posix_spawnattr_setsigdefault(&attributes_, &usual));
    require(
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~Beginning() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Beginning(const Beginning&) = delete;
  Beginning& operator=(const Beginning&) = delete;

  pid_t start(const std::vector<std::string>& arguments) {
    // The file that this process was started from, also where an upgrade has put another one in
    // its place.
    std::string program = "/proc/self/exe";
    std::vector<std::string> words = arguments;
    std::vector<char*> pointers{program.data()};
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_t child = 0;
    require(
        ::posix_spawn(&child, program.c_str(), &actions_, &attributes_, pointers.data(), environ));
    return child;
  }

 private:
  static void require(int error) {
    if (error != 0) {
      throw std::system_error(error, std::generic_category(), "cannot start another process");
    }
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

ChildProgram::ChildProgram(const std::vector<std::string>& arguments, NativeSocket stream)
    : process_(Beginning(stream).start(arguments)) {}

ChildProgram::~ChildProgram() {
  if (has_ended()) return;
  // Not waited for, so the number is still its own.
  ::kill(static_cast<pid_t>(process_), SIGKILL);
  std::ignore = has_ended();
}

bool ChildProgram::has_ended() {
  if (process_ != 0 && ::waitpid(static_cast<pid_t>(process_), nullptr, WNOHANG) != 0) {
    process_ = 0;
  }
  return process_ == 0;
}

void limit_own_memory(std::uint64_t bytes) {
  if (kHasSanitizer) return;
  const rlimit limit{bytes, bytes};
  std::ignore = ::setrlimit(RLIMIT_DATA, &limit);
}

}  // namespace icom::os
