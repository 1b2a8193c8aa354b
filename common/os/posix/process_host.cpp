#include "common/os/real_process_host.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include "common/os/disk_wait.hpp"
#include "common/os/handle.hpp"
#include "common/os/process_handle.hpp"

extern char** environ;  // NOLINT: POSIX names it so

namespace icom::os {

namespace asio = boost::asio;

namespace {

/// A longer line is passed on in pieces.
constexpr std::size_t kMaxLine = std::size_t{16} << 10U;

void require_done(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

struct SpawnSetup {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};

  SpawnSetup() {
    require_done(posix_spawn_file_actions_init(&files), "posix_spawn_file_actions_init");
    require_done(posix_spawnattr_init(&attributes), "posix_spawnattr_init");
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

/// Returns the process; its output goes into `output`.
pid_t spawn(const Command& command, int output) {
  const std::string program = command.program.string();
  const std::string what = "cannot start " + program;
  SpawnSetup setup;
  require_done(
      posix_spawn_file_actions_addopen(&setup.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0), what);
  require_done(posix_spawn_file_actions_adddup2(&setup.files, output, STDOUT_FILENO), what);
  require_done(posix_spawn_file_actions_adddup2(&setup.files, output, STDERR_FILENO), what);
  if (command.pass != kNoSocket) {
    require_done(posix_spawn_file_actions_adddup2(&setup.files, command.pass, kPassedDescriptor),
                 what);
  }
  // Asio's sockets among them: a channel whose program is gone must not stay open in its children.
  const int first_of_others = kPassedDescriptor + (command.pass == kNoSocket ? 0 : 1);
  require_done(posix_spawn_file_actions_addclosefrom_np(&setup.files, first_of_others), what);
  // A group of its own: Ctrl-C reaches this process alone, which then ends the others in the right
  // order.
  require_done(posix_spawnattr_setpgroup(&setup.attributes, 0), what);
  sigset_t none;
  sigemptyset(&none);
  require_done(posix_spawnattr_setsigmask(&setup.attributes, &none), what);
  require_done(
      posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK),
      what);

  std::vector<std::string> words{program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  require_done(
      posix_spawn(&child, program.c_str(), &setup.files, &setup.attributes, argv.data(), environ),
      what);
  return child;
}

/// Hands out the lines that come through a pipe.
class LineReader : public std::enable_shared_from_this<LineReader> {
 public:
  /// Takes over `descriptor`, which must not block.
  LineReader(const asio::any_io_executor& executor, int descriptor,
             std::function<void(std::string_view)> line)
      : pipe_(executor, descriptor), line_(std::move(line)) {}

  void start() {
    pipe_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (!error && self->take_what_is_there()) self->start();
                     });
  }
  /// The writer is gone: hands out the rest.
  void finish() {
    take_what_is_there();
    if (!text_.empty()) line_(text_);
    close();
  }
  void close() {
    line_ = [](std::string_view) {};
    boost::system::error_code ignored;
    pipe_.close(ignored);
  }

 private:
  /// False once the other end is closed, or this one.
  bool take_what_is_there() {
    std::array<char, 4096> room{};
    while (pipe_.is_open()) {
      const ssize_t got = ::read(pipe_.native_handle(), room.data(), room.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      text_.append(room.data(), static_cast<std::size_t>(got));
      hand_out_lines();
    }
    return false;
  }
  void hand_out_lines() {
    std::size_t begin = 0;
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', begin)) {
      line_(std::string_view(text_).substr(begin, end - begin));
      begin = end + 1;
    }
    text_.erase(0, begin);
    if (text_.size() > kMaxLine) line_(std::exchange(text_, {}));
  }

  asio::posix::stream_descriptor pipe_;
  std::function<void(std::string_view)> line_;
  std::string text_;
};

int number_of(ProcessSignal signal) {
  switch (signal) {
    case ProcessSignal::kill:
      return SIGKILL;
    case ProcessSignal::replace:
      return SIGUSR2;
    case ProcessSignal::terminate:
      break;
  }
  return SIGTERM;
}

/// A process that nobody waits for keeps its number.
std::vector<pid_t> children_of_before() {
  std::vector<pid_t> processes;
  std::ifstream file("/proc/thread-self/children");
  for (pid_t process = 0; file >> process;) processes.push_back(process);
  return processes;
}

class PosixProcessHost final : public ProcessHost {
 public:
  PosixProcessHost(const asio::any_io_executor& executor, ChildrenOfBefore children)
      : executor_(executor), child_ended_(executor, SIGCHLD) {
    if (children == ChildrenOfBefore::are_collected) of_before_ = children_of_before();
    wait_for_children();
    collect_those_of_before();  // what ended before that gives no signal any more
  }

  ~PosixProcessHost() override {
    for (auto& [process, child] : children_) child.output->close();
  }

  ProcessId start(const Command& command, Handlers handlers) override {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) require_done(errno, "cannot make a pipe");
    FileHandle read_end(ends[0]);
    const FileHandle write_end(ends[1]);
    // A child whose output nobody takes loses lines; it must not wait, least of all a listener.
    // With SIGPIPE ignored, which children inherit, it also survives that this process is gone.
    ::fcntl(write_end.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    const pid_t process = spawn(command, write_end.get());

    auto output = std::make_shared<LineReader>(executor_, read_end.release(), handlers.line);
    output->start();
    children_[process] = {std::move(output), std::move(handlers.ended)};
    return process;
  }

  void send(ProcessId process, ProcessSignal signal) override {
    // The number of one that has been waited for may be another's.
    const auto number = static_cast<pid_t>(process);
    if (children_.contains(number)) ::kill(number, number_of(signal));
  }

  bool send_to_other(ProcessId process, ProcessSignal signal,
                     const std::function<bool()>& is_it) override {
    const auto held = ProcessHandle::of(process);
    return held && is_it() && !held->send(number_of(signal));
  }

  [[nodiscard]] bool waits_for_disk(ProcessId process) const override {
    return process > 0 && os::waits_for_disk(process);
  }

  void forget(ProcessId process) override {
    const auto child = children_.find(static_cast<pid_t>(process));
    if (child == children_.end()) return;
    child->second.output->close();
    child->second.ended = nullptr;
  }

 private:
  struct Child {
    std::shared_ptr<LineReader> output;
    std::function<void(ProcessEnd)> ended;
  };

  void wait_for_children() {
    child_ended_.async_wait([this](boost::system::error_code error, int) {
      if (error) return;
      // Several ends may be one signal. Each child is asked for by name: other code may have
      // children too.
      std::vector<pid_t> processes;
      for (const auto& [process, child] : children_) processes.push_back(process);
      for (const pid_t process : processes) collect(process);
      collect_those_of_before();
      wait_for_children();
    });
  }

  void collect_those_of_before() {
    std::erase_if(of_before_, [](pid_t process) {
      return ::waitpid(process, nullptr, WNOHANG) != 0;  // it has ended, or is nobody's
    });
  }

  void collect(pid_t process) {
    int status = 0;
    if (::waitpid(process, &status, WNOHANG) != process) return;
    auto child = children_.extract(process);
    ProcessEnd end;
    if (WIFSIGNALED(status)) {
      end.signal = WTERMSIG(status);
    } else {
      end.exit_code = WEXITSTATUS(status);
    }
    child.mapped().output->finish();
    if (child.mapped().ended) child.mapped().ended(end);
  }

  asio::any_io_executor executor_;
  asio::signal_set child_ended_;
  std::map<pid_t, Child> children_;
  std::vector<pid_t> of_before_;
};

}  // namespace

std::unique_ptr<ProcessHost> real_process_host(const asio::any_io_executor& executor,
                                               ChildrenOfBefore children) {
  return std::make_unique<PosixProcessHost>(executor, children);
}

}  // namespace icom::os
