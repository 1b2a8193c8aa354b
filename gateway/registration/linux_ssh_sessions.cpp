#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/os/file_system.hpp"
#include "common/os/process_handle.hpp"
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

/// Nothing if there is no such process any more, or the number is another's by now.
std::optional<os::ProcessHandle> hold(const Process& process) {
  auto held = os::ProcessHandle::of(process.pid);
  const auto state = held ? look_at(process.pid) : std::nullopt;
  return state && state->process == process ? std::move(held) : std::nullopt;
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

/// Empty if it is over.
std::string end(const Process& connection) {
  const auto held = hold(connection);
  if (!held) return {};
  const auto state = look_at(connection.pid);
  if (!state || !state->name.starts_with("sshd")) return {};
  const std::string which = "process " + std::to_string(connection.pid) + " of sshd";
  // Stopped, it can let nobody in and start nothing while its children are looked for.
  if (const auto error = held->send(SIGSTOP); error && error != std::errc::no_such_process) {
    return which + " cannot be ended (" + error.message() +
           "): run this as root, or restart sshd; until then its forwards stay open";
  }
  for (const Process& child : children_of(connection.pid)) {
    if (const auto held_child = hold(child)) held_child->send(SIGKILL);
  }
  held->send(SIGKILL);
  return held->ends_within(kEndWithin) ? std::string() : which + " does not end";
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
