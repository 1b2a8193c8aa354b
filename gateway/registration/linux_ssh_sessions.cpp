#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/os/file_system.hpp"
#include "common/os/process_handle.hpp"
#include "common/os/users.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/ssh_sessions.hpp"

namespace icom::registration {
namespace {

constexpr std::chrono::milliseconds kEndWithin{2000};

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

/// Nothing if there is no such process. Throws RegistrationError if it cannot be looked at.
std::optional<ProcessState> look_at(pid_t pid) {
  const std::filesystem::path path = "/proc/" + std::to_string(pid) + "/stat";
  std::array<std::byte, 4096> buffer{};
  std::size_t size = 0;
  std::unique_ptr<os::File> file;
  auto error = os::real_file_system().open_read(path, file);
  if (!error) error = file->read_at(0, buffer, size);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::no_such_process) {
    return std::nullopt;
  }
  if (error) throw RegistrationError("cannot read " + path.string() + " (" + error.message() + ")");
  const std::string line(as_text(Bytes(buffer).first(size)));
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
  const auto error = os::real_file_system().list(folder, names);
  if (error && error != std::errc::no_such_file_or_directory) {
    throw RegistrationError("cannot list " + folder.string() + " (" + error.message() + ")");
  }
  std::vector<Session> sessions;
  for (const std::string& name : names) {
    auto session = session_named(name);
    if (!session) continue;
    session->file = folder / name;
    sessions.push_back(std::move(*session));
  }
  return sessions;
}

bool runs(const Process& process) {
  const auto state = look_at(process.pid);
  return state && state->process == process;
}

/// Nothing if there is no such process any more, or the number is another's by now.
std::optional<os::ProcessHandle> hold(const Process& process) {
  auto held = os::ProcessHandle::of(process.pid);
  return held && runs(process) ? std::move(held) : std::nullopt;
}

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

/// Empty if none is left.
std::string end_children(pid_t parent) {
  try {
    for (const Process& child : children_of(parent)) {
      if (const auto held = hold(child)) held->send(SIGKILL);
    }
    return {};
  } catch (const RegistrationError& error) {
    return error.what();
  }
}

/// A connection, and not the sshd that has let it in, whose parent is none. The note that names it
/// is the service's: it is not to have root end whatever it likes.
bool is_of_sshd(const Process& process) {
  constexpr const char* kName = "sshd";
  const auto state = look_at(process.pid);
  if (!state || !state->name.starts_with(kName)) return false;
  const auto parent = look_at(state->parent);
  return parent && parent->name.starts_with(kName);
}

/// Empty if it is over.
std::string end(const Process& connection) {
  const auto held = hold(connection);
  if (!held) return {};
  if (!is_of_sshd(connection)) return {};
  const std::string which = "process " + std::to_string(connection.pid) + " of sshd";
  // Stopped, it can let nobody in and start nothing while its children are looked for.
  if (const auto error = held->send(SIGSTOP); error && error != std::errc::no_such_process) {
    return which + " cannot be ended (" + error.message() +
           "): run this as root, or restart sshd; until then its forwards stay open";
  }
  const std::string problem = end_children(connection.pid);
  held->send(SIGKILL);
  return held->ends_within(kEndWithin) ? problem : which + " does not end";
}

}  // namespace

void remember_parent_as_session(const std::filesystem::path& registration,
                                const std::string& site) {
  const auto parent = look_at(::getppid());
  if (!parent) return;
  const std::filesystem::path folder = registration / "sessions";
  make_private_folder(folder);
  auto& files = os::real_file_system();
  std::unique_ptr<os::File> file;
  const std::filesystem::path name = folder / name_of(parent->process, site);
  const auto error = files.create_for(name, os::Access::owner, file);
  if (error && error != std::errc::file_exists) {  // it may have asked before
    throw RegistrationError("cannot write " + name.string() + " (" + error.message() + ")");
  }
  for (const Session& session : sessions_in(folder)) {
    if (!runs(session.process)) files.remove(session.file);
  }
}

EndedSessions end_sessions(const std::filesystem::path& registration, const std::string& site) {
  EndedSessions result;
  const auto try_to = [&result](const auto& step) {
    try {
      step();
    } catch (const RegistrationError& error) {
      result.left.emplace_back(error.what());
    }
  };
  std::vector<Session> sessions;
  try_to([&] { sessions = sessions_in(registration / "sessions"); });
  for (const Session& session : sessions) {
    if (session.site != site) continue;
    try_to([&] {
      if (!runs(session.process)) return;
      if (const std::string problem = end(session.process); !problem.empty()) {
        result.left.push_back(problem);
        return;
      }
      ++result.ended;
      os::as_owner_of(registration, [&] { os::real_file_system().remove(session.file); });
    });
  }
  return result;
}

}  // namespace icom::registration
