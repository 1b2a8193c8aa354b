// Processes in memory.
#pragma once

#include <unistd.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "agent/supervise/process_host.hpp"
#include "common/os/handle.hpp"

namespace icom::supervise::testing {

/// A process is known by its program's file name. It ends by end(), or by itself at a SIGTERM
/// unless it is stubborn.
class FakeProcessHost final : public ProcessHost {
 public:
  ProcessId start(const Command& command, Handlers handlers) override {
    const std::string name = command.program.filename().string();
    if (missing.contains(name)) {
      throw std::system_error(ENOENT, std::generic_category(), "cannot start " + name);
    }
    const ProcessId process = ++last_;
    running_[process] = {name, std::move(handlers)};
    passed[name] = os::Connection(command.pass < 0 ? -1 : ::dup(command.pass));
    events.push_back("start " + name);
    return process;
  }
  void send(ProcessId process, ProcessSignal signal) override {
    const auto found = running_.find(process);
    const std::string name = found == running_.end() ? std::to_string(process) : found->second.name;
    events.push_back((signal == ProcessSignal::kill ? "kill " : "terminate ") + name);
    if (on_signal) on_signal(process);
    if (found == running_.end()) return;
    if (signal == ProcessSignal::kill) {
      end(name, {.signal = 9});
    } else if (!stubborn.contains(name)) {
      end(name, {});
    }
  }
  bool send_to_other(ProcessId process, ProcessSignal signal,
                     const std::function<bool()>& is_it) override {
    if (!is_it()) return false;
    send(process, signal);
    return true;
  }
  [[nodiscard]] bool waits_for_disk(ProcessId process) const override {
    const auto found = running_.find(process);
    return at_the_disk.contains(found == running_.end() ? std::to_string(process)
                                                        : found->second.name);
  }
  void forget(ProcessId process) override { running_.erase(process); }

  void end(const std::string& name, ProcessEnd how) {
    for (auto& [process, state] : running_) {
      if (state.name != name) continue;
      auto node = running_.extract(process);
      events.push_back("end " + name);
      node.mapped().handlers.ended(how);
      return;
    }
  }
  [[nodiscard]] bool runs(const std::string& name) const {
    for (const auto& [process, state] : running_) {
      if (state.name == name) return true;
    }
    return false;
  }
  /// 0 if it does not run.
  [[nodiscard]] ProcessId process(const std::string& name) const {
    for (const auto& [process, state] : running_) {
      if (state.name == name) return process;
    }
    return 0;
  }
  [[nodiscard]] int starts(const std::string& name) const {
    int count = 0;
    for (const auto& event : events) count += event == "start " + name ? 1 : 0;
    return count;
  }

  std::set<std::string> missing;      ///< programs that cannot be started
  std::set<std::string> stubborn;     ///< programs that leave a SIGTERM unheard
  std::set<std::string> at_the_disk;  ///< programs, or processes of others, that wait for a disk
  std::function<void(ProcessId)> on_signal;
  std::map<std::string, os::Connection> passed;  ///< what the program got when it was last started
  std::vector<std::string> events;

 private:
  struct State {
    std::string name;
    Handlers handlers;
  };
  ProcessId last_ = 100;
  std::map<ProcessId, State> running_;
};

}  // namespace icom::supervise::testing
