#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include "common/os/descriptor.hpp"
#include "common/os/file_system.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/ssh_sessions.hpp"

namespace icom::registration {
namespace {

constexpr int kEndWithinMs = 2000;

// <sys/pidfd.h> of Debian 12's libc cannot be used from C++.

int open_process(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

bool send_signal(int process, int number) {
  return ::syscall(SYS_pidfd_send_signal, process, number, nullptr, 0) == 0;
}

struct Process {
  pid_t pid = 0;
  std::uint64_t started = 0;  ///< in clock ticks since the machine's start

  bool operator==(const Process&) const = default;
};

struct ProcessState {
  Process process;
  std::string name;
  pid_t parent = 0;
};

/// Nothing if there is no such process.
std::optional<ProcessState> look_at(pid_t pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(stream, line)) return std::nullopt;
  // PID (NAME) STATE PARENT ...: the name may hold anything, parentheses too.
  const std::size_t begin = line.find('(');
  const std::size_t end = line.rfind(')');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return std::nullopt;
  ProcessState state;
  state.name = line.substr(begin + 1, end - begin - 1);
  std::istringstream fields(line.substr(end + 1));
  std::string skipped;
  fields >> skipped >> state.parent;
  constexpr int kBetweenParentAndStart = 17;
  for (int i = 0; i < kBetweenParentAndStart; ++i) fields >> skipped;
  fields >> state.process.started;
  state.process.pid = pid;
  return fields ? std::optional(state) : std::nullopt;
}

struct Session {
  std::filesystem::path file;
  Process process;
  std::string site;
  bool runs = false;
};

std::string name_of(const Process& process, const std::string& site) {
  return std::to_string(process.pid) + '-' + std::to_string(process.started) + '-' + site;
}

std::optional<Session> session_named(const std::string& name) {
  Session session;
  const char* const end = name.data() + name.size();
  const auto [dash, error] = std::from_chars(name.data(), end, session.process.pid);
  if (error != std::errc{} || dash == end || *dash != '-') return std::nullopt;
  const auto [stop, other_error] = std::from_chars(dash + 1, end, session.process.started);
  if (other_error != std::errc{} || stop == end || *stop != '-') return std::nullopt;
  session.site.assign(stop + 1, end);
  return session;
}

std::vector<Session> sessions_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  os::real_file_system().list(folder, names);
  std::vector<Session> sessions;
  for (const std::string& name : names) {
    auto session = session_named(name);
    if (!session) continue;
    session->file = folder / name;
    const auto state = look_at(session->process.pid);
    session->runs = state && state->process == session->process;
    sessions.push_back(std::move(*session));
  }
  return sessions;
}

/// A process that is held so that its number cannot become another's while we act on it.
class HeldProcess {
 public:
  /// Not valid if there is no such process any more, or the number is another's by now.
  explicit HeldProcess(const Process& process) : handle_(open_process(process.pid)) {
    if (!handle_.valid()) return;
    const auto state = look_at(process.pid);
    if (!state || state->process != process) handle_.reset();
  }
  [[nodiscard]] bool valid() const { return handle_.valid(); }

  std::error_code signal(int number) const {
    if (send_signal(handle_.get(), number) || errno == ESRCH) return {};
    return {errno, std::generic_category()};
  }
  [[nodiscard]] bool ends_in_time() const {
    pollfd ended{handle_.get(), POLLIN, 0};
    return ::poll(&ended, 1, kEndWithinMs) == 1;
  }

 private:
  os::Descriptor handle_;
};

std::vector<Process> children_of(pid_t parent) {
  std::vector<Process> children;
  const std::string pid = std::to_string(parent);
  std::ifstream stream("/proc/" + pid + "/task/" + pid + "/children");
  for (pid_t child = 0; stream >> child;) {
    const auto state = look_at(child);
    if (state && state->parent == parent) children.push_back(state->process);
  }
  return children;
}

/// Empty if it is over.
std::string end(const Process& connection) {
  const HeldProcess held(connection);
  if (!held.valid()) return {};
  const auto state = look_at(connection.pid);
  if (!state || !state->name.starts_with("sshd")) return {};
  const std::string which = "process " + std::to_string(connection.pid) + " of sshd";
  // Stopped, it can let nobody in and start nothing while its children are looked for.
  if (const auto error = held.signal(SIGSTOP)) {
    return which + " cannot be ended (" + error.message() +
           "): run this as root, or restart sshd; until then its forwards stay open";
  }
  for (const Process& child : children_of(connection.pid)) {
    const HeldProcess held_child(child);
    if (held_child.valid()) held_child.signal(SIGKILL);
  }
  held.signal(SIGKILL);
  return held.ends_in_time() ? std::string() : which + " does not end";
}

}  // namespace

void remember_parent_as_session(const std::filesystem::path& registration,
                                const std::string& site) {
  const auto parent = look_at(::getppid());
  if (!parent) return;
  const std::filesystem::path folder = registration / "sessions";
  make_private_folder(folder);
  auto& files = os::real_file_system();
  for (const Session& session : sessions_in(folder)) {
    if (!session.runs) files.remove(session.file);
  }
  std::unique_ptr<os::File> file;
  const std::filesystem::path name = folder / name_of(parent->process, site);
  const auto error = files.create_for(name, os::Access::owner, file);
  if (error && error != std::errc::file_exists) {  // it may have asked before
    throw RegistrationError("cannot write " + name.string() + " (" + error.message() + ")");
  }
}

EndedSessions end_sessions(const std::filesystem::path& registration, const std::string& site) {
  EndedSessions result;
  for (const Session& session : sessions_in(registration / "sessions")) {
    if (session.site != site || !session.runs) continue;
    const std::string problem = end(session.process);
    if (problem.empty()) {
      ++result.ended;
      os::real_file_system().remove(session.file);
    } else {
      result.left.push_back(problem);
    }
  }
  return result;
}

}  // namespace icom::registration
