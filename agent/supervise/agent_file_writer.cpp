#include "agent/supervise/agent_file_writer.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

#include "common/os/detached_thread.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {

namespace {

constexpr std::chrono::seconds kEach{2};

}  // namespace

struct AgentFileWriter::State {
  State(os::FileSystem& file_system, std::filesystem::path spool_directory, AgentFile first)
      : files(file_system), directory(std::move(spool_directory)), agent(std::move(first)) {}

  /// On the thread.
  void run() {
    std::int64_t written_us = agent.alive_us;
    std::unique_lock lock(mutex);
    while (!over) {
      changed.wait_for(lock, kEach);
      if (over || agent.alive_us == written_us) continue;
      const AgentFile now = agent;
      lock.unlock();
      write_agent_file(files, directory, now);  // the next time is soon
      lock.lock();
      written_us = now.alive_us;
    }
  }

  os::FileSystem& files;
  const std::filesystem::path directory;
  std::mutex mutex;
  std::condition_variable changed;
  AgentFile agent;
  bool over = false;
};

AgentFileWriter::AgentFileWriter(os::FileSystem& files, std::filesystem::path spool_directory,
                                 AgentFile agent)
    : state_(std::make_shared<State>(files, std::move(spool_directory), std::move(agent))) {
  state_->agent.alive_us = os::utc_now_us();
  if (const auto error = write_agent_file(files, state_->directory, state_->agent)) {
    spdlog::warn("{} cannot be written: {}", kAgentFile, error.message());
  }
  try {
    os::run_detached("agent.json", [state = state_] { state->run(); });
  } catch (const std::system_error& error) {
    spdlog::warn("{} is not kept up to date: {}", kAgentFile, error.what());
  }
}

AgentFileWriter::~AgentFileWriter() {
  const std::lock_guard lock(state_->mutex);
  state_->over = true;
  state_->changed.notify_one();
}

void AgentFileWriter::alive(std::map<std::string, std::string> waiting) {
  const std::lock_guard lock(state_->mutex);
  state_->agent.alive_us = os::utc_now_us();
  state_->agent.waiting = std::move(waiting);
}

}  // namespace icom::supervise
