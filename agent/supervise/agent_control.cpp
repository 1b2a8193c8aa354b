#include "agent/supervise/agent_control.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/supervise/site_plan.hpp"
#include "common/asio/bell.hpp"
#include "common/control/drain.hpp"
#include "common/control/program_answers.hpp"
#include "common/control/protocol.hpp"
#include "common/os/path_text.hpp"
#include "common/os/signals.hpp"

namespace icom::supervise {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

/// For a program to say its version: its libraries are found, and it is no half of a file.
constexpr std::chrono::seconds kSaysVersionWithin{4};

std::string signal_text(int number) {
  return "signal " + std::to_string(number);
}

/// Whether an icom-agent run with these settings finds what runs.
bool finds_what_runs(const config::SiteSettings& next, const config::SiteSettings& running) {
  return next.site == running.site && next.spool.directory == running.spool.directory;
}

/// Whether the next icom-agent run, with the file as it is now, does. If the file has an
/// error it does once that is mended.
bool is_found_again(const std::filesystem::path& site_file, const config::SiteSettings& running) {
  try {
    return finds_what_runs(config::load_site(site_file), running);
  } catch (const std::exception& error) {
    spdlog::error("the next icom-agent run cannot start with these settings:\n{}", error.what());
    return true;
  }
}

}  // namespace

AgentControl::AgentControl(asio::io_context& io, Parts parts)
    : parts_(std::move(parts)),
      stop_signals_(io, SIGTERM, SIGINT),
      replace_signals_(io),
      leave_signals_(io),
      server_(io.get_executor(), parts_.site.spool.directory / control::kAgentSocket) {
  if (const auto signal = os::replace_signal()) replace_signals_.add(*signal);
  if (const auto signal = os::leave_signal()) leave_signals_.add(*signal);
  stop_on_signal();
  replace_on_signal();
  leave_on_signal();
  prepare_channel();
  server_.open();
}

/// The first time in order, once no beam is on; the second time without waiting for that; the third
/// time by killing.
void AgentControl::stop(const std::string& asked_by) {
  switch (++stops_) {
    case 1:
      spdlog::info("{}: stopping listeners as soon as no beam is on, then the forwarder", asked_by);
      parts_.supervisor.stop();
      break;
    case 2:
      spdlog::info("{}: listeners are stopped now", asked_by);
      parts_.supervisor.hurry();
      break;
    default:
      spdlog::info("{}: what still runs is killed", asked_by);
      parts_.supervisor.kill();
      break;
  }
}

void AgentControl::stop_on_signal() {
  stop_signals_.async_wait([this](boost::system::error_code error, int number) {
    if (error) return;
    // While it leaves this is the service manager's, after a SIGUSR1; not so while it only makes
    // room for the installed one.
    if (std::exchange(replaces_itself_, false) || !parts_.supervisor.leaving_all()) {
      stop(signal_text(number));
    }
    stop_on_signal();
  });
}

void AgentControl::replace_listeners(const std::string& asked_by) {
  spdlog::info("{}: new listeners take over from those that run", asked_by);
  parts_.supervisor.replace_listeners();
}

void AgentControl::replace_on_signal() {
  replace_signals_.async_wait([this](boost::system::error_code error, int number) {
    if (error) return;
    replace_listeners(signal_text(number));
    replace_on_signal();
  });
}

/// As in a restart of the service: no Linac is to notice.
void AgentControl::leave(const std::string& asked_by) {
  if (parts_.supervisor.stopping()) return;
  replaces_itself_ = false;  // the service manager starts the next one
  if (is_found_again(parts_.site_file, parts_.site)) {
    spdlog::info("{}: this process ends; what it runs goes on, for the next icom-agent run",
                 asked_by);
    parts_.supervisor.leave_all();
  } else {
    spdlog::warn(
        "{}: the file has another site or spool.directory, where the next icom-agent run would not "
        "find what runs: listeners are stopped as soon as no beam is on, then the forwarder",
        asked_by);
    parts_.supervisor.stop();
  }
}

void AgentControl::leave_on_signal() {
  leave_signals_.async_wait([this](boost::system::error_code error, int number) {
    if (!error) leave(signal_text(number));
  });
}

void AgentControl::prepare_channel() {
  const auto asked = [](const char* word) { return std::string("asked to ") + word; };
  control::ProgramAnswers about;
  about.status = parts_.status;
  about.stop = [this, asked] { stop(asked("stop")); };
  about.reload = parts_.reload_settings;
  control::answer_for(server_, std::move(about),
                      [this](control::Call& call) { return answer_replace(call); });
  server_.answers(control::kDrain, [this, asked](control::Call& call) {
    // Each listener decides for itself when it leaves; whoever asked cannot take that back.
    const auto look = [](auto) {
      return std::optional(
          control::DrainState{true, "each listener leaves its Linac once no beam is on"});
    };
    return control::drain(
        call, look,
        [this, asked] {
          if (stops_ == 0) stop(asked("drain"));
        },
        [] {});
  });
  server_.answers(kLeave, [this, asked](control::Call& call) -> awaitable<void> {
    co_await control::write_line(call.channel, control::with_process(control::kLeaving),
                                 control::kStep);
    leave(asked("leave"));
  });
}

awaitable<void> AgentControl::answer_replace(control::Call& call) {
  const bool self = call.argument == kReplaceSelf;
  if (!self && !call.argument.empty() && call.argument != kReplaceListeners) {
    co_await control::refuse(call, "expected 'replace listeners' or 'replace self'");
    co_return;
  }
  std::string why = why_too_late();
  if (self && why.empty()) why = co_await why_not_to_replace_itself();
  if (why.empty()) why = why_too_late();  // a trial takes its time
  if (!why.empty()) {
    co_await control::refuse(call, why);
    co_return;
  }
  co_await control::write_line(call.channel, control::with_process(control::kReplacing),
                               control::kStep);
  if (!self) {
    replace_listeners("asked to replace");
  } else if (!replaces_itself_) {
    spdlog::info("asked to replace: {} comes in the place of this process; what it runs goes on",
                 os::utf8(parts_.programs / "icom-agent"));
    replaces_itself_ = true;
    parts_.supervisor.leave_all();
  }
}

std::string AgentControl::why_too_late() const {
  if (parts_.supervisor.stopping()) return "it is about to stop";
  if (parts_.supervisor.leaving_all() && !replaces_itself_) return "it is about to end";
  return {};
}

/// Whatever is to come must be able to start: after that there is no way back.
awaitable<std::string> AgentControl::why_not_to_replace_itself() {
  const auto program = parts_.programs / "icom-agent";
  std::error_code unknown;
  if (!std::filesystem::exists(program, unknown)) {
    co_return os::utf8(program) + " is not there: install it, then upgrade again";
  }
  try {
    if (!finds_what_runs(config::load_site(parts_.site_file), parts_.site)) {
      co_return os::utf8(parts_.site_file) +
          " has another site or spool.directory: put that back, or restart the service when no "
          "beam is on";
    }
  } catch (const std::exception& error) {
    co_return std::string("the installed one would not start with these settings: ") + error.what();
  }
  struct Trial {
    explicit Trial(const asio::any_io_executor& executor) : bell(executor) {}
    Bell bell;
    std::optional<ProcessEnd> end;
    std::string last_line;
  };
  const auto trial = std::make_shared<Trial>(co_await asio::this_coro::executor);
  ProcessHost::Handlers handlers;
  handlers.line = [trial](std::string_view line) { trial->last_line = line; };
  handlers.ended = [trial](ProcessEnd end) {
    trial->end = end;
    trial->bell.ring();
  };
  ProcessId process = 0;
  try {
    process = parts_.host.start({program, {"--version"}}, std::move(handlers));
  } catch (const std::system_error& error) {
    co_return error.what();
  }
  co_await trial->bell.wait_until(Bell::Clock::now() + kSaysVersionWithin);
  if (!trial->end) {
    parts_.host.forget(process);
    parts_.host.send(process, ProcessSignal::kill);
    co_return os::utf8(program) + " --version does not end: look at the installed programs";
  }
  if (!trial->end->proper()) {
    co_return os::utf8(program) + " does not run (" + trial->end->text() + "): " + trial->last_line;
  }
  co_return std::string();
}

}  // namespace icom::supervise
