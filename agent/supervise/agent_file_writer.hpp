// Keeps agent.json up to date while icom-agent run runs.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/supervise/agent_file.hpp"

namespace icom::supervise {

/// Writes on a thread of its own, so that a disk that stalls holds nobody up. What is told on the
/// event loop is what the file says: a loop that hangs shows there.
class AgentFileWriter {
 public:
  /// Writes the file once, here. `follow`: called on the thread before each other time; true: the
  /// directory is another one than before. `files` must never be destroyed.
  AgentFileWriter(os::FileSystem& files, std::filesystem::path spool_directory, AgentFile agent,
                  std::function<bool()> follow);
  ~AgentFileWriter();
  AgentFileWriter(const AgentFileWriter&) = delete;
  AgentFileWriter& operator=(const AgentFileWriter&) = delete;

  /// The event loop runs, and has these listeners waiting. Never waits.
  void alive(std::map<std::string, std::string> waiting);
  /// From now on it works with the settings that it has just read. `text`: of their file, to be
  /// left in kRunningSiteFile; nothing: what is left there stays. Never waits.
  void settings_read(std::optional<std::string> text);
  /// What the file says, or is about to.
  [[nodiscard]] AgentFile now() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icom::supervise
