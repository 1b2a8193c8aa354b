#include "agent/fanout/fan_out_program.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/fanout/site_fan_out.hpp"
#include "agent/listen/heartbeat.hpp"
#include "agent/program/changed_site.hpp"
#include "agent/program/site_program.hpp"
#include "agent/program/spool_directory.hpp"
#include "common/asio/deadline.hpp"
#include "common/config/config_error.hpp"
#include "common/config/settings_watch.hpp"
#include "common/config/site_settings.hpp"
#include "common/control/drain.hpp"
#include "common/control/program_answers.hpp"
#include "common/control/protocol.hpp"
#include "common/os/path_text.hpp"
#include "common/os/process.hpp"

namespace asio = boost::asio;

namespace icom::fanout {
namespace {

/// From SIGTERM on; two goodbyes take less.
constexpr std::chrono::milliseconds kLeaveAfter{4500};

/// Reads the site's settings again. Those with an error change nothing: what is wrong is returned.
std::string take_changes(const std::filesystem::path& file, config::SiteSettings& site,
                         SiteFanOut& fan_out) {
  auto changed = program::read_changed_site(file, site);
  if (!changed.settings) return changed.why_not;
  site = *std::move(changed.settings);
  fan_out.apply(site);
  spdlog::info("settings are read again: {} Linacs have a port", site.fan_out.ports.size());
  return {};
}

std::string clients_text(std::uint64_t clients) {
  return std::to_string(clients) + (clients == 1 ? " client listens" : " clients listen");
}

/// Who listens in keeps it.
std::optional<control::DrainState> who_listens(const SiteFanOut& fan_out,
                                               std::chrono::milliseconds left) {
  const auto clients = clients_of(fan_out.status());
  if (clients == 0) return control::DrainState{true, "no client listens"};
  if (left.count() <= 0) return control::DrainState{true, "the time limit is reached"};
  return control::DrainState{false, std::to_string(clients) + " " + std::to_string(left.count())};
}

void answer(control::Server& server, const SiteFanOut& fan_out, std::function<std::string()> reload,
            const std::function<void()>& stop) {
  control::ProgramAnswers about;
  about.status = [&fan_out] { return to_json(fan_out.status()); };
  about.stop = stop;
  about.reload = std::move(reload);
  about.replace = [&fan_out, stop](const std::string& argument) -> std::string {
    const auto clients = clients_of(fan_out.status());
    if (clients > 0 && argument != control::kCutClients) return clients_text(clients);
    stop();
    return {};
  };
  control::answer_for(server, std::move(about));
  server.answers(control::kDrain, [&fan_out, stop](control::Call& call) {
    return control::drain(
        call, [&fan_out](auto left) { return who_listens(fan_out, left); }, stop, [] {});
  });
  server.open();
}

int run(const program::SiteOptions& options) {
  asio::io_context io(1);
  config::SettingsWatch watch(io.get_executor(), {options.file});  // before it is read
  config::SiteSettings site = options.load();
  // Two of them would want the same ports.
  auto held = program::lock_spool_directory(site.spool.directory, kFanOutLockFile,
                                            "another icom-fanout reads the spools in");
  if (!held) return program::kFailed;
  program::SpoolDirectoryLock lock(site.spool.directory, kFanOutLockFile, std::move(held));

  FanOutStatus identity;
  identity.site = site.site;
  identity.version = ICOM_VERSION;
  identity.pid = os::process_id();
  control::Server server(io.get_executor(), site.spool.directory / control::kFanOutSocket);
  SiteFanOut fan_out(io.get_executor(), os::real_file_system(), identity,
                     [&lock, &server, status_file = site.spool.directory / kFanOutStatusFile](
                         const FanOutStatus& status) {
                       lock.follow();
                       server.look_after_place();
                       program::write_status(status_file, to_json(status));
                     });
  fan_out.apply(site);
  watch.start([&] { take_changes(options.file, site, fan_out); });

  const listen::KeeperLink supervisor(options.heartbeat);
  listen::Heartbeat heartbeat(io.get_executor(), supervisor);
  heartbeat.start(supervisor.greeting().wants_beats);

  asio::signal_set signals(io, SIGTERM, SIGINT);
  std::optional<Deadline> leave;
  const auto stop = [&] {
    if (leave) return;
    spdlog::info("stopping");
    fan_out.stop();
    leave.emplace(io.get_executor(), kLeaveAfter, [&io] { io.stop(); });
  };
  signals.async_wait([&stop](boost::system::error_code error, int) {
    if (!error) stop();
  });
  answer(
      server, fan_out, [&] { return take_changes(options.file, site, fan_out); }, stop);
  std::exception_ptr failure;
  asio::co_spawn(io, fan_out.run(), [&](const std::exception_ptr& thrown) {
    failure = thrown;
    io.stop();  // the watches and the signals would wait on
  });
  spdlog::info("site {}: {} Linacs have a port, spools in {}", site.site, site.fan_out.ports.size(),
               os::utf8(site.spool.directory));
  io.run();
  if (failure) std::rethrow_exception(failure);
  spdlog::info("stopped");
  return 0;
}

constexpr const char* kDescription =
    "Gives what a site's listeners receive to any iCom client that connects, as if it were the "
    "Linac: the Linac's bytes, live, from the next frame on. One process per site; which Linac has "
    "which port, and who may come, stands in the site's file under fan_out.\n\n"
    "It reads the spools and changes nothing there. Its end, its load and its clients touch "
    "neither "
    "listeners nor forwarder. A client that does not read is cut off with FIN, and never waited "
    "for.";

constexpr const char* kFooter =
    "Files: <spool.directory>/fanout.json holds the state, written once a second at most "
    "(icom-agent status shows it); fanout.lock is held while running; fanout.sock is where it is "
    "asked.\n"
    "Signals: SIGTERM and SIGINT say FIN to all clients and end within five seconds; SIGHUP, or a "
    "change of the site's file, takes new settings: a port that is as before keeps its clients.\n"
    "Exit codes: 0 stopped by a signal, 1 failed (another fan-out runs), 2 wrong usage or "
    "settings.";

}  // namespace

int run_fan_out(int argc, char** argv) {
  return program::run_site_program({"icom-fanout", kDescription, kFooter, run}, argc, argv);
}

}  // namespace icom::fanout
