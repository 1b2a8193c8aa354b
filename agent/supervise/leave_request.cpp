#include "agent/supervise/leave_request.hpp"

#include <array>
#include <boost/asio/this_coro.hpp>
#include <cstdio>
#include <sstream>

#include "agent/listen/listener_requests.hpp"
#include "common/control/channel.hpp"
#include "common/control/protocol.hpp"

namespace icom::supervise {

using boost::asio::awaitable;
using std::chrono::milliseconds;

namespace {

/// True: it leaves.
bool understand(const std::string& line, const LeaveProgress& progress) {
  std::istringstream words(line);
  std::string kind;
  words >> kind;
  if (kind == control::kWaiting) {
    std::int64_t since_change = 0;
    std::int64_t left = 0;
    std::string more;
    words >> since_change >> left >> more;
    progress.waiting({.since_change = milliseconds(since_change),
                      .left = milliseconds(left),
                      .no_mu_read = more == listen::kNoMu});
  } else if (kind == control::kLeaving) {
    std::string why;
    std::getline(words >> std::ws, why);
    progress.leaving(why);
    return true;
  }
  return false;
}

}  // namespace

std::string text_of(const LeaveWait& wait) {
  std::array<char, 96> text{};
  std::snprintf(text.data(), text.size(),
                wait.no_mu_read ? "no MU could be read since a patient was selected, %.1f s ago"
                                : "MU changed %.1f s ago",
                static_cast<double>(wait.since_change.count()) / 1000);
  return text.data();
}

awaitable<LeaveOutcome> ask_to_leave(std::filesystem::path folder, milliseconds within,
                                     LeaveProgress progress) {
  control::Channel channel(co_await boost::asio::this_coro::executor);
  if (control::connect_channel(channel, folder / control::kListenerSocket)) {
    co_return LeaveOutcome::not_there;
  }
  bool heard = co_await control::write_line(
      channel, std::string(control::kDrain) + " " + std::to_string(within.count()), control::kStep);
  std::string line;
  while (heard) {
    heard = co_await control::read_line(channel, line, control::kStep);
    if (heard && understand(line, progress)) co_return LeaveOutcome::leaving;
  }
  co_return LeaveOutcome::cut_off;
}

}  // namespace icom::supervise
