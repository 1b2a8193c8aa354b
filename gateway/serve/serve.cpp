#include "gateway/serve/serve.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/config/config_error.hpp"
#include "common/config/reload.hpp"
#include "common/config/settings_watch.hpp"
#include "common/control/drain.hpp"
#include "common/control/program_answers.hpp"
#include "common/control/protocol.hpp"
#include "common/log/log.hpp"
#include "common/os/descriptor_limit.hpp"
#include "common/os/not_as_root.hpp"
#include "common/os/passed_sockets.hpp"
#include "common/os/process.hpp"
#include "common/os/utc_clock.hpp"
#include "gateway/serve/forward_check.hpp"
#include "gateway/serve/gateway.hpp"
#include "gateway/serve/ingest_socket.hpp"
#include "gateway/serve/known_stores.hpp"
#include "gateway/serve/readers_group.hpp"
#include "gateway/store/store_place.hpp"

namespace icom::serve {
namespace {

/// For agents to hear that what they sent is stored. Commits take milliseconds; a service manager
/// waits 90 s as a rule.
constexpr std::chrono::seconds kGrace{5};

/// What was said, for the operator who looks at the log first.
void log_ready(const Gateway& gateway, const config::GatewaySettings& settings) {
  std::size_t linacs = 0;
  for (const config::SiteSettings& site : settings.sites) linacs += site.linacs.size();
  spdlog::info("store {}", settings.store.string());
  if (settings.archive) {
    spdlog::info("archive {}, live files {}", settings.archive->directory.string(),
                 settings.archive->live ? "on" : "off");
  } else {
    spdlog::info("no archive");
  }
  if (settings.http) spdlog::warn("http {}: this version serves no page", settings.http->text());
  spdlog::info("ready: {} takes agents of {} sites with {} Linacs", gateway.address(),
               settings.sites.size(), linacs);
}

/// What each site is missing, and why: one site's mistake stops no other.
void log_broken_sites(const config::GatewaySettings& settings) {
  using State = config::BrokenSite::State;
  for (const config::BrokenSite& broken : settings.broken_sites) {
    const char* becomes = broken.state == State::refused ? "is refused until its file is mended"
                          : broken.state == State::kept
                              ? "goes on as it was before its file was changed"
                              : "goes on without a Linac that another site has";
    for (const config::Problem& problem : broken.problems) {
      spdlog::error("site {} {}: {}", broken.site, becomes, problem.text());
    }
  }
}

/// Until `io` stops.
class EverySecond {
 public:
  EverySecond(boost::asio::io_context& io, std::function<void()> action)
      : timer_(io), action_(std::move(action)) {
    wait();
  }

 private:
  void wait() {
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([this](boost::system::error_code error) {
      if (error) return;
      action_();
      wait();
    });
  }
  boost::asio::steady_timer timer_;
  std::function<void()> action_;
};

/// Reads the settings again. A gateway.yaml with an error changes nothing, a site's file with one
/// nothing of that site. Why they are not taken; empty: they are.
/// Sets `again` where they are to be taken once the store is back.
std::string take_changes(const std::filesystem::path& config, config::GatewaySettings& running,
                         Gateway& gateway, bool& again) {
  again = false;
  try {
    auto reloaded = config::reload_gateway(config, running);
    for (const std::string& sentence : reloaded.needs_restart) spdlog::warn("{}", sentence);
    if (reloaded.settings.broken_sites != running.broken_sites) {
      log_broken_sites(reloaded.settings);
    }
    if (reloaded.settings == running) {
      gateway
          .write_authorized_keys();  // a file may have been away for a moment, for the desk alone
      return {};
    }
    gateway.apply(reloaded.settings);
    running = std::move(reloaded.settings);
    spdlog::info("changed settings are taken: {} sites", running.sites.size());
    return {};
  } catch (const config::ConfigError& error) {
    spdlog::error("changed settings are not taken, what runs goes on as it is:");
    for (const config::Problem& problem : error.problems()) spdlog::error("{}", problem.text());
    return error.what();
  } catch (const store::StoreAway& away) {
    again = true;
    spdlog::error("changed settings are taken once the store is back: {}", away.what());
    return away.what();
  } catch (const std::exception& error) {
    spdlog::error("changed settings are taken in part: {}", error.what());
    return error.what();
  }
}

/// What it says of itself; more has `icom-gateway sites`.
std::string status_json(const Gateway& gateway, const config::GatewaySettings& settings,
                        std::int64_t started_us) {
  const nlohmann::ordered_json json{
      {"pid", os::process_id()},          {"version", ICOM_VERSION},
      {"started_us", started_us},         {"ingest", gateway.address()},
      {"store", settings.store.string()}, {"sites", settings.sites.size()}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// All in `about`, and what the others refer to, outlives the channel's executor's run.
void answer(control::Server& server, control::ProgramAnswers about) {
  about.no_replace =
      "restart its service (systemctl restart icom-gateway): its port stays open, and agents keep "
      "what is not acknowledged";
  const auto stop = about.stop;
  control::answer_for(server, std::move(about));
  server.answers(control::kDrain, [stop](control::Call& call) {
    // Whatever agents send is theirs until it is stored: any moment harms nobody.
    const auto look = [](auto) {
      return std::optional(control::DrainState{true, "agents keep what is not acknowledged"});
    };
    return control::drain(call, look, stop, [] {});
  });
  server.open();
}

struct Ended {
  bool thread_left_behind = false;
  bool by_itself = false;
};

Ended serve(const std::filesystem::path& config) {
  std::vector<os::Connection> passed = os::take_passed_sockets();
  // Before any thread and any file: from here on a signal ends the gateway properly.
  boost::asio::io_context io;
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  std::string came;
  const auto stop = [&](std::string by) {
    came = std::move(by);
    io.stop();
  };
  signals.async_wait([&](boost::system::error_code, int signal) {
    stop(signal == SIGTERM ? "SIGTERM" : "SIGINT");
  });

  // What is watched is looked at before it is read: no change in between is overlooked.
  config::SettingsWatch watch(io.get_executor(),
                              {config, config::load_gateway_alone(config).sites_folder});
  config::GatewaySettings settings = config::load_usable_gateway(config);
  log_broken_sites(settings);
  if (const std::string lost = lost_store(settings); !lost.empty()) throw std::runtime_error(lost);
  if (const auto why = os::why_not_as_root(settings.store, "icom-gateway"); !why.empty()) {
    throw std::runtime_error(why);
  }
  const ReadersGroup readers = readers_group(settings);
  if (const std::string fault = readers_fault(settings, readers); !fault.empty()) {
    spdlog::warn("readers: {}", fault);
  }
  Gateway gateway(settings,
                  {ingest_socket(std::move(passed), settings.ingest), os::raise_descriptor_limit(),
                   readers.has_us ? readers.group : std::nullopt});
  remember_store(settings);
  gateway.write_authorized_keys();
  gateway.start();
  auto reader_server = serve_readers(settings, readers);
  log_ready(gateway, settings);
  auto clashes = log_forward_clashes(settings, {});
  bool reload_again = false;
  const auto reload = [&] {
    auto why_not = take_changes(config, settings, gateway, reload_again);
    clashes = log_forward_clashes(settings, clashes);
    return why_not;
  };
  watch.start(reload);
  control::Server control(io.get_executor(), settings.store / control::kGatewaySocket);
  control::ProgramAnswers about;
  about.status = [&, started_us = os::utc_now_us()] {
    return status_json(gateway, settings, started_us);
  };
  about.stop = [&] { stop("asked to stop"); };
  about.reload = reload;
  answer(control, std::move(about));
  std::string why_to_end;
  EverySecond refreshing(io, [&] {
    if (why_to_end = gateway.why_to_end(); !why_to_end.empty()) return io.stop();
    if (gateway.has_its_store()) {
      // Its folder may have been away, and is not made anew.
      control.look_after_place();
      if (reload_again) reload();
    }
    gateway.refresh_access();
    gateway.look_for_tunnels_account();
    gateway.log_state_of_archive();
  });
  io.run();
  if (why_to_end.empty()) {
    spdlog::info("{}: stopping", came);
  } else {
    spdlog::error("{}This gateway ends: the next one goes on with what is there", why_to_end);
  }
  control.close();
  reader_server.reset();
  gateway.stop(kGrace);
  spdlog::info("stopped");
  return {gateway.left_archive_behind(), !why_to_end.empty()};
}

}  // namespace

int run_serve(const std::filesystem::path& config) {
  // Detached: ingest must not wait for a stderr that nobody reads.
  log::init("icom-gateway", spdlog::level::info, log::Delivery::detached);
  // A reader of stderr or a share's server may go away; SIGHUP has settings read again, once it
  // runs.
  os::ignore_pipe_and_hangup();
  spdlog::info("icom-gateway {} with {}", ICOM_VERSION, config.string());
  int exit_code = 0;
  Ended ended;
  try {
    ended = serve(config);
    exit_code = ended.by_itself ? 1 : 0;
  } catch (const config::ConfigError& error) {
    for (const config::Problem& problem : error.problems()) spdlog::error("{}", problem.text());
    exit_code = 2;
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    exit_code = 1;
  }
  spdlog::shutdown();  // the last lines are out before the process is
  if (ended.thread_left_behind) os::leave_process(exit_code);
  return exit_code;
}

}  // namespace icom::serve
