// icom-fanout: a site's Linacs for whoever wants to listen in. docs/agent.md.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/fanout/site_fan_out.hpp"
#include "common/asio/deadline.hpp"
#include "common/config/config_error.hpp"
#include "common/config/reload.hpp"
#include "common/config/settings_watch.hpp"
#include "common/config/site_settings.hpp"
#include "common/log/log.hpp"
#include "common/os/process.hpp"

namespace asio = boost::asio;

namespace icom::fanout {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongSettings = 2;

/// From SIGTERM on; two goodbyes take less.
constexpr std::chrono::milliseconds kLeaveAfter{4500};

void publish(const FanOutStatus& status, const std::filesystem::path& file) {
  const std::string json = to_json(status);
  const auto error = os::write_atomically(os::real_file_system(), file, as_bytes(json),
                                          os::Durability::process_crash);
  if (error) spdlog::debug("cannot write {}: {}", file.string(), error.message());
}

/// Two of them would want the same ports. Nothing, the reason being logged, if there is another.
std::unique_ptr<os::File> lock_fan_out(const std::filesystem::path& directory) {
  auto& files = os::real_file_system();
  std::unique_ptr<os::File> lock;
  auto error = files.create_directories(directory);
  if (!error) error = files.lock(directory / kFanOutLockFile, lock);
  if (error == std::errc::resource_unavailable_try_again) {
    spdlog::error("another icom-fanout reads the spools in {}: stop that one first",
                  directory.string());
  } else if (error) {
    spdlog::error("cannot use the spool directory {}: {}; correct spool.directory, or the rights",
                  directory.string(), error.message());
  }
  return error ? nullptr : std::move(lock);
}

/// Reads the site's settings again. Those with an error change nothing.
void take_changes(const std::filesystem::path& file, config::SiteSettings& site,
                  SiteFanOut& fan_out) {
  try {
    auto reloaded = config::reload_site(file, site);
    for (const auto& sentence : reloaded.needs_restart) spdlog::warn("{}", sentence);
    site = std::move(reloaded.settings);
    fan_out.apply(site);
    spdlog::info("settings are read again: {} Linacs have a port", site.fan_out.ports.size());
  } catch (const config::ConfigError& error) {
    spdlog::error("changed settings are not taken, what runs goes on as it is:\n{}", error.what());
  }
}

int run(const std::filesystem::path& file) {
  asio::io_context io(1);
  config::SettingsWatch watch(io.get_executor(), {file});  // before it is read
  config::SiteSettings site = config::load_site(file);
  const auto lock = lock_fan_out(site.spool.directory);
  if (!lock) return kFailed;

  FanOutStatus identity;
  identity.site = site.site;
  identity.version = ICOM_VERSION;
  identity.pid = ::getpid();
  SiteFanOut fan_out(io.get_executor(), os::real_file_system(), identity,
                     [status_file = site.spool.directory / kFanOutStatusFile](
                         const FanOutStatus& status) { publish(status, status_file); });
  fan_out.apply(site);
  watch.start([&] { take_changes(file, site, fan_out); });

  asio::signal_set signals(io, SIGTERM, SIGINT);
  std::optional<Deadline> leave;
  signals.async_wait([&](boost::system::error_code error, int) {
    if (error) return;
    spdlog::info("stopping");
    fan_out.stop();
    leave.emplace(io.get_executor(), kLeaveAfter, [&io] { io.stop(); });
  });
  std::exception_ptr failure;
  asio::co_spawn(io, fan_out.run(), [&](const std::exception_ptr& thrown) {
    failure = thrown;
    io.stop();  // the watches and the signals would wait on
  });
  spdlog::info("site {}: {} Linacs have a port, spools in {}", site.site, site.fan_out.ports.size(),
               site.spool.directory.string());
  io.run();
  if (failure) std::rethrow_exception(failure);
  spdlog::info("stopped");
  return 0;
}

constexpr const char* kDescription =
    "Gives what a site's listeners receive to any iCom client that connects, as if it were the "
    "Linac: the Linac's bytes, live, from the next frame on. One process a site; which Linac has "
    "which port, and who may come, stands in the site's file under fan_out.\n\n"
    "It reads the spools and changes nothing there. Its end, its load and its clients touch "
    "neither "
    "listeners nor forwarder. A client that does not read is cut off with FIN, and never waited "
    "for.";

constexpr const char* kFooter =
    "Files: <spool.directory>/fanout.json holds the state, written once a second at most "
    "(icom-agent status shows it); fanout.lock is held while running.\n"
    "Signals: SIGTERM and SIGINT say FIN to all clients and end within five seconds; SIGHUP, or a "
    "change of the site's file, takes new settings: a port that is as before keeps its clients.\n"
    "Exit codes: 0 stopped by a signal, 1 failed (another fan-out runs), 2 wrong usage or "
    "settings.";

}  // namespace
}  // namespace icom::fanout

int main(int argc, char** argv) {
  using namespace icom;
  os::ignore_pipe_and_hangup();
  CLI::App app(fanout::kDescription, "icom-fanout");
  app.footer(fanout::kFooter);
  app.set_version_flag("--version", "icom-fanout " ICOM_VERSION);
  std::string site_file;
  std::string level = "info";
  app.add_option("--site", site_file, "The site's settings, such as sites/nbcc.yaml")
      ->required()
      ->type_name("FILE");
  app.add_option("--log-level", level, "How much to log: " + log::level_names())
      ->capture_default_str()
      ->type_name("LEVEL");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : fanout::kWrongSettings;
  }
  const auto parsed_level = log::parse_level(level);
  if (!parsed_level) {
    std::cerr << "--log-level: expected one of " << log::level_names() << '\n';
    return fanout::kWrongSettings;
  }
  log::init("icom-fanout", *parsed_level);
  try {
    return fanout::run(site_file);
  } catch (const config::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return fanout::kWrongSettings;
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
    return fanout::kFailed;
  }
}
