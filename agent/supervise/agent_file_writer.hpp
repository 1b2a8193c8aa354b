// Keeps agent.json up to date while icom-agent run runs.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "agent/supervise/agent_file.hpp"

namespace icom::supervise {

/// Writes on a thread of its own, so that a disk that stalls holds nobody up. What is told on the
/// event loop is what the file says: a loop that hangs shows there.
class AgentFileWriter {
 public:
  /// Writes the file once, here. `files` must never be destroyed.
  AgentFileWriter(os::FileSystem& files, std::filesystem::path spool_directory, AgentFile agent);
  ~AgentFileWriter();
  AgentFileWriter(const AgentFileWriter&) = delete;
  AgentFileWriter& operator=(const AgentFileWriter&) = delete;

  /// The event loop runs, and has these listeners waiting. Never waits.
  void alive(std::map<std::string, std::string> waiting);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace icom::supervise
