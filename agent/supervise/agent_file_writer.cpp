#include "agent/supervise/agent_file_writer.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

#include "agent/supervise/running_site.hpp"
#include "common/os/detached_thread.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {

namespace {

constexpr std::chrono::seconds kEach{2};

}  // namespace

struct AgentFileWriter::State {
  State(os::FileSystem& file_system, std::filesystem::path spool_directory, AgentFile first,
        std::function<bool()> follow_directory)
      : files(file_system),
        directory(std::move(spool_directory)),
        follow(std::move(follow_directory)),
        agent(std::move(first)) {}

  /// On the thread.
  void run() {
    std::int64_t written_us = agent.alive_us;
    std::optional<std::string> written_site;
    std::unique_lock lock(mutex);
    while (!over) {
      if (agent.alive_us != written_us || site != written_site) {
        const AgentFile now = agent;
        const std::optional<std::string> site_now = site;
        lock.unlock();
        if (follow()) written_site.reset();
        write_agent_file(files, directory, now);  // the next time is soon
        if (site_now && site_now != written_site &&
            !os::write_atomically(files, directory / kRunningSiteFile, as_bytes(*site_now),
                                  os::Durability::process_crash)) {
          written_site = site_now;
        }
        lock.lock();
        written_us = now.alive_us;
      }
      if (!over) changed.wait_for(lock, kEach);
    }
  }

  os::FileSystem& files;
  const std::filesystem::path directory;
  const std::function<bool()> follow;
  std::mutex mutex;
  std::condition_variable changed;
  AgentFile agent;
  std::optional<std::string> site;  ///< the text of its settings
  bool over = false;
};

AgentFileWriter::AgentFileWriter(os::FileSystem& files, std::filesystem::path spool_directory,
                                 AgentFile agent, std::function<bool()> follow)
    : state_(std::make_shared<State>(files, std::move(spool_directory), std::move(agent),
                                     std::move(follow))) {
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

void AgentFileWriter::settings_read(std::optional<std::string> text) {
  const std::lock_guard lock(state_->mutex);
  state_->agent.settings_us = os::utc_now_us();
  if (text) state_->site = std::move(text);
  state_->changed.notify_one();
}

AgentFile AgentFileWriter::now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->agent;
}

}  // namespace icom::supervise
