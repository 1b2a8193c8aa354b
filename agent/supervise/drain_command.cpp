#include "agent/supervise/drain_command.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/listen/listen_program.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/leave_request.hpp"
#include "agent/supervise/readable.hpp"
#include "agent/supervise/site_plan.hpp"
#include "common/os/utc_clock.hpp"
#include "common/text/control.hpp"

namespace icom::supervise {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

/// "However long": what the request can carry, seven weeks.
constexpr milliseconds kNoLimit{std::numeric_limits<std::uint32_t>::max()};
/// A listener that leaves ends within two seconds, by its own promise.
constexpr std::chrono::seconds kEndsWithin{5};
constexpr std::chrono::seconds kTellEach{5};
constexpr milliseconds kEndPollInterval{50};

/// One Linac's listener, from the request to its end.
class Departure {
 public:
  Departure(std::string serial, std::filesystem::path folder, bool talks)
      : serial_(std::move(serial)), folder_(std::move(folder)), talks_(talks) {}

  awaitable<void> run(bool force) {
    if (const auto why = why_listener_cannot_be_told(folder_)) {
      unknown_ = "whether a listener runs cannot be told: " + *why;
      tell(unknown_);
      co_return;
    }
    if (!is_running(folder_)) {
      tell("no listener runs");
      left_ = true;
      co_return;
    }
    LeaveProgress progress;
    progress.waiting = [this](const LeaveWait& wait) { waits(wait); };
    progress.leaving = [this](const std::string& why) {
      why_ = why;
      tell("leaves: " + why);
    };
    outcome_ = co_await ask_to_leave(folder_, force ? milliseconds(0) : kNoLimit, progress);
    if (outcome_ == LeaveOutcome::leaving) left_ = co_await ends();
    tell(left_ ? "has left; icom-agent resume --linac " + serial_ + " starts it again" : problem());
  }

  [[nodiscard]] bool left() const { return left_; }
  [[nodiscard]] nlohmann::ordered_json to_json() const {
    nlohmann::ordered_json json;
    json["serial"] = serial_;
    json["left"] = left_;
    json["why"] = left_ ? why_ : problem();
    return json;
  }

 private:
  void waits(const LeaveWait& wait) {
    const auto now = Clock::now();
    if (told_ != Clock::time_point{} && now - told_ < kTellEach) return;
    told_ = now;
    tell("waits: a beam may be on, " + text_of(wait) +
         (wait.no_mu_read ? "; leaves once none is" : "; leaves 10 s after the last change"));
  }
  awaitable<bool> ends() const {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (const auto deadline = Clock::now() + kEndsWithin; is_running(folder_);) {
      if (Clock::now() >= deadline) co_return false;
      timer.expires_after(kEndPollInterval);
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_return true;
  }
  [[nodiscard]] std::string problem() const {
    if (!unknown_.empty()) return unknown_;
    switch (outcome_) {
      case LeaveOutcome::not_there:
        return "a listener runs and cannot be asked: use the user that it runs as; or end it with "
               "SIGTERM, when no beam is on";
      case LeaveOutcome::cut_off:
        return "the listener has broken off: look at its log, and ask again";
      case LeaveOutcome::leaving:
        break;
    }
    return "the listener wanted to leave and has not ended: its disk may hang";
  }
  void tell(const std::string& what) const {
    if (talks_)
      std::cout << text::without_controls("Linac " + serial_ + ": " + what) << '\n' << std::flush;
  }

  std::string serial_;
  std::filesystem::path folder_;
  bool talks_;
  LeaveOutcome outcome_ = LeaveOutcome::not_there;
  std::string why_;
  std::string unknown_;  ///< why it cannot be told whether a listener runs, if so
  bool left_ = false;
  Clock::time_point told_;
};

}  // namespace

int drain(const config::SiteSettings& site, const DrainOptions& options) {
  asio::io_context io(1);
  std::deque<Departure> departures;
  for (const auto& serial : options.linacs) {
    auto& one = departures.emplace_back(serial, site.spool.directory / serial, !options.json);
    asio::co_spawn(io, one.run(options.force), asio::detached);
  }
  io.run();
  if (options.json) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const auto& one : departures) json.push_back(one.to_json());
    std::cout << json.dump(2) << '\n';
  }
  const bool all_left = std::all_of(departures.begin(), departures.end(),
                                    [](const Departure& one) { return one.left(); });
  return all_left ? 0 : 1;
}

namespace {

/// For a listener that nobody asks to leave any more, or nobody has asked.
struct Resumed {
  std::string text;
  bool is_recorded = false;
};

Resumed resumed(const std::filesystem::path& folder, const std::string& serial, bool was_drained,
                const std::optional<AgentFile>& agent) {
  if (is_running(folder)) return {"its listener runs", true};
  const std::string now = was_drained ? "its listener may be started again"
                                      : "its listener was not asked to leave, and does not run";
  if (!agent) {
    return {now +
                ": no icom-agent run is there to start it: start the service (systemctl start "
                "icom-agent), or icom-listen by hand",
            false};
  }
  if (!responds(*agent, os::utc_now_us())) {
    return {now + ": icom-agent run (process " + std::to_string(agent->pid) +
                "), which is to start it, does not respond",
            false};
  }
  const auto waits = agent->waiting.find(listener_name(serial));
  if (waits != agent->waiting.end()) return {now + ", but not yet: " + waits->second, false};
  if (!was_drained) return {now + ": the log of icom-agent run tells why", false};
  return {"icom-agent run starts its listener within a second", true};
}

}  // namespace

int resume(const config::SiteSettings& site, const std::vector<std::string>& linacs) {
  const auto agent = find_running_agent(os::real_file_system(), site.spool.directory);
  int code = 0;
  for (const auto& serial : linacs) {
    const auto folder = site.spool.directory / serial;
    if (const auto why = why_listener_cannot_be_told(folder)) {
      std::cout << "Linac " << serial
                << ": whether its listener was asked to leave cannot be told: " << *why << '\n';
      code = 1;
      continue;
    }
    std::error_code error;
    const bool was_drained = std::filesystem::remove(folder / listen::kDrainedFile, error);
    if (error) {
      std::cout << "Linac " << serial << ": cannot remove "
                << (folder / listen::kDrainedFile).string() << " (" << error.message()
                << "): use the account that the listeners run as\n";
      code = 1;
      continue;
    }
    const Resumed end = resumed(folder, serial, was_drained, agent);
    std::cout << "Linac " << serial << ": " << end.text << '\n';
    if (!end.is_recorded) code = 1;
  }
  return code;
}

}  // namespace icom::supervise
