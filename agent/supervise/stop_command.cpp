#include "agent/supervise/stop_command.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include "agent/program/spool_directory.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/readable.hpp"
#include "agent/supervise/site_plan.hpp"
#include "agent/supervise/supervisor.hpp"
#include "common/os/file_system.hpp"
#include "common/os/real_process_host.hpp"

namespace icom::supervise {

int stop_what_was_left(const config::SiteSettings& site, std::chrono::milliseconds within) {
  auto& files = os::real_file_system();
  if (const auto why = why_site_cannot_be_told(site.spool.directory)) {
    spdlog::error("what runs cannot be told: {}", *why);
    return 1;
  }
  std::error_code unknown;
  if (!std::filesystem::exists(site.spool.directory, unknown)) return 0;
  const auto lock = program::lock_spool_directory(site.spool.directory, kAgentLockFile,
                                                  "an icom-agent run looks after");
  if (!lock) return 1;
  boost::asio::io_context io(1);
  const auto host = os::real_process_host(io.get_executor());
  const auto only_what_runs = [](ChildPlan plan) {
    plan.only_if_it_runs = true;
    return plan;
  };
  std::vector<ChildPlan> listeners;
  for (auto& plan : listener_plans(as_it_runs(site), {}, files)) {
    listeners.push_back(only_what_runs(std::move(plan)));
  }
  Supervisor supervisor(io.get_executor(), *host, std::move(listeners),
                        only_what_runs(forwarder_plan({}, site, {}, files)),
                        DrainCheck(site.spool.directory), {}, {.beams = within});
  if (auto fan_out = fan_out_plan({}, site, {}, files)) {
    supervisor.keep_fan_out(only_what_runs(*std::move(fan_out)));
  }
  supervisor.stop();
  std::exception_ptr failure;
  boost::asio::co_spawn(io, supervisor.run(), [&](const std::exception_ptr& thrown) {
    failure = thrown;
    io.stop();
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
  spdlog::info("nothing of the site {} runs any more", site.site);
  return 0;
}

}  // namespace icom::supervise
