#include "agent/forward/forward_program.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "agent/forward/forwarder.hpp"
#include "agent/forward/own_token.hpp"
#include "agent/forward/port_forwards.hpp"
#include "agent/forward/site_changes.hpp"
#include "agent/forward/site_spools.hpp"
#include "agent/forward/ssh_connector.hpp"
#include "agent/listen/heartbeat.hpp"
#include "agent/program/site_program.hpp"
#include "agent/program/spool_directory.hpp"
#include "agent/spool/spool_watch.hpp"
#include "common/asio/deadline.hpp"
#include "common/config/settings_watch.hpp"
#include "common/config/site_settings.hpp"
#include "common/control/drain.hpp"
#include "common/control/program_answers.hpp"
#include "common/control/protocol.hpp"
#include "common/os/path_text.hpp"
#include "common/os/process.hpp"
#include "common/os/utc_clock.hpp"

namespace asio = boost::asio;

namespace icom::forward {
namespace {

/// From a first SIGTERM on: what still waits for the gateway is given up, then the process ends
/// whatever happens.
constexpr std::chrono::milliseconds kAbortAfter{4000};
constexpr std::chrono::milliseconds kLeaveAfter{4500};

/// The gateway's file of tokens may be put right while we run, and so may ours: it is read anew for
/// each session.
Caller caller_of(const config::SiteSettings& site) {
  return {site.site, read_own_token(site.tunnel), ICOM_VERSION, site.tunnel.gateway.text()};
}

asio::awaitable<void> wake_by(spool::SpoolWatch& watch, Forwarder& forwarder) {
  for (;;) {
    co_await watch.wait();
    forwarder.wake();
  }
}

/// What it has thrown: the race against wake_by() would take an exception for "not finished yet".
asio::awaitable<std::exception_ptr> to_its_end(Forwarder& forwarder) {
  std::exception_ptr thrown;
  try {
    co_await forwarder.run();
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return thrown;
}

/// Until stopped; then both have ended.
asio::awaitable<void> forward(Forwarder& forwarder, PortForwards& forwards,
                              spool::SpoolWatch& watch) {
  using asio::experimental::awaitable_operators::operator||;
  const auto ended = co_await (to_its_end(forwarder) || wake_by(watch, forwarder));
  if (const auto* const thrown = std::get_if<0>(&ended); thrown != nullptr && *thrown) {
    std::rethrow_exception(*thrown);
  }
  constexpr std::chrono::milliseconds kLookAgain{10};
  asio::steady_timer pause(co_await asio::this_coro::executor);
  while (!forwards.ended()) {
    pause.expires_after(kLookAgain);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

/// Waits for nothing.
[[noreturn]] void leave_at_once() {
  spdlog::info("stopped, with something still under way");
  spdlog::shutdown();
  std::_Exit(0);
}

/// Stops in two phases, at SIGTERM, Ctrl-C or when it is asked to; asked a second time it goes to
/// the second phase at once.
class Stop {
 public:
  Stop(asio::io_context& io, Forwarder& forwarder, PortForwards& forwards)
      : io_(io), forwarder_(forwarder), forwards_(forwards), signals_(io, SIGTERM, SIGINT) {
    wait();
  }

  void next_phase() {
    if (abort_) {
      forwarder_.abort();
      forwards_.abort();
    } else {
      spdlog::info("stopping");
      forwarder_.stop();
      forwards_.stop();
      abort_.emplace(io_.get_executor(), kAbortAfter, [this] { forwarder_.abort(); });
      leave_.emplace(io_.get_executor(), kLeaveAfter, [] { leave_at_once(); });
    }
  }

 private:
  void wait() {
    signals_.async_wait([this](boost::system::error_code error, int) {
      if (error) return;
      next_phase();
      wait();
    });
  }

  asio::io_context& io_;
  Forwarder& forwarder_;
  PortForwards& forwards_;
  asio::signal_set signals_;
  std::optional<Deadline> abort_;
  std::optional<Deadline> leave_;
};

/// What it has still to send keeps it, as long as there is somebody to send it to.
std::optional<control::DrainState> what_is_unsent(const ForwardStatus& status,
                                                  std::chrono::milliseconds left) {
  if (!status.connected) return control::DrainState{true, "no gateway takes what waits"};
  std::uint64_t backlog = 0;
  for (const auto& linac : status.linacs) backlog += linac.accepted ? linac.backlog_bytes : 0;
  if (backlog == 0) return control::DrainState{true, "everything is sent"};
  if (left.count() <= 0) return control::DrainState{true, "the time limit is reached"};
  return control::DrainState{false, std::to_string(backlog) + " " + std::to_string(left.count())};
}

void answer(control::Server& server, Forwarder& forwarder, SiteChanges& changes, Stop& stop) {
  control::ProgramAnswers about;
  about.status = [&forwarder] {
    ForwardStatus status = forwarder.status();
    status.written_us = os::utc_now_us();
    return to_json(status);
  };
  about.stop = [&stop] { stop.next_phase(); };
  about.reload = [&changes] { return changes.take(); };
  // Whoever keeps it running starts the installed one: what waits is in the spools meanwhile.
  about.replace = [&stop](const std::string&) {
    stop.next_phase();
    return std::string();
  };
  control::answer_for(server, std::move(about));
  server.answers(control::kDrain, [&](control::Call& call) {
    return control::drain(
        call, [&](auto left) { return what_is_unsent(forwarder.status(), left); },
        [&] { stop.next_phase(); }, [] {});
  });
  server.open();
}

int run(const program::SiteOptions& options) {
  asio::io_context io(1);
  config::SettingsWatch settings(io.get_executor(), {options.file});
  config::SiteSettings site = options.load();
  // Two forwarders would send the same spools side by side.
  auto held = program::lock_spool_directory(site.spool.directory, kForwardLockFile,
                                            "another icom-forward sends the spools in");
  if (!held) return program::kFailed;
  program::SpoolDirectoryLock lock(site.spool.directory, kForwardLockFile, std::move(held));

  LinacStreams linacs;
  change_streams(linacs, site, os::real_file_system());
  spool::SpoolWatch watch(io.get_executor());
  for (const auto& linac : linacs) watch.add(linac.spool_directory());

  PortForwards forwards;
  forwards.apply(site.tunnel, site.forwards);

  ForwardStatus identity;
  identity.site = site.site;
  identity.version = ICOM_VERSION;
  identity.pid = os::process_id();
  ForwarderSurroundings surroundings;
  surroundings.connect = [&site] { return ssh_connector(site.tunnel)(); };
  surroundings.caller = [&site] { return caller_of(site); };
  surroundings.listeners = [&linacs] { return listener_status(linacs); };
  surroundings.forwards = [&forwards] { return forwards.status(); };
  control::Server server(io.get_executor(), site.spool.directory / control::kForwarderSocket);
  surroundings.publish = [&lock, &server, file = site.spool.directory / kForwardStatusFile](
                             const ForwardStatus& status) {
    lock.follow();
    server.look_after_place();
    program::write_status(file, to_json(status));
  };
  surroundings.random = machine_random();
  Forwarder forwarder(io.get_executor(), linacs, std::move(identity), std::move(surroundings), {});

  Stop stop(io, forwarder, forwards);
  SiteChanges changes(options.file, site, linacs, watch, forwarder, forwards);
  settings.start([&changes] { changes.take(); });
  answer(server, forwarder, changes, stop);
  const listen::KeeperLink supervisor(options.heartbeat);
  listen::Heartbeat heartbeat(io.get_executor(), supervisor);
  heartbeat.start(supervisor.greeting().wants_beats);
  std::exception_ptr failure;
  asio::co_spawn(io, forward(forwarder, forwards, watch), [&](const std::exception_ptr& thrown) {
    failure = thrown;
    io.stop();  // the watch and the signals would wait on
  });
  spdlog::info("site {}: {} Linacs, spools in {}, gateway {} through {}:{}, {} forwards", site.site,
               site.linacs.size(), os::utf8(site.spool.directory), site.tunnel.gateway.text(),
               site.tunnel.host, site.tunnel.port, site.forwards.size());
  io.run();
  if (failure) std::rethrow_exception(failure);
  spdlog::info("stopped");
  return 0;
}

constexpr const char* kDescription =
    "Sends what a site's listeners have spooled to the gateway at the hosting site, through an SSH "
    "tunnel of its own, and trims the spools once the gateway has stored it. One process per "
    "site.\n\n"
    "It may be stopped, killed and started at any time: the spools keep everything meanwhile, and "
    "the "
    "gateway's positions decide where sending goes on. Errors of the network, the keys, the token "
    "and "
    "the gateway are logged and tried again, after up to 30 seconds.";

constexpr const char* kFooter =
    "Files: <spool.directory>/forward.json holds the state, written once a second at most "
    "(icom-agent status shows it); forward.lock is held while running; forward.sock is where it is "
    "asked.\n"
    "Signals: SIGTERM and SIGINT wait up to two seconds for what is on its way, then leave; a "
    "second one leaves at once. SIGHUP reads the settings again, as a change of their file does: "
    "settings with an error are not taken, and the log says why.\n"
    "Exit codes: 0 stopped by a signal, 1 failed (another forwarder runs), 2 wrong usage or "
    "settings.";

}  // namespace

int run_forward(int argc, char** argv) {
  return program::run_site_program({"icom-forward", kDescription, kFooter, run}, argc, argv);
}

}  // namespace icom::forward
