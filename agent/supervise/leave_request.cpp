#include "agent/supervise/leave_request.hpp"

#include <array>
#include <boost/asio/this_coro.hpp>
#include <cstdio>
#include <sstream>

#include "agent/listen/control_protocol.hpp"
#include "agent/listen/control_socket.hpp"

namespace icom::supervise {

namespace control = listen::control;
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
                      .no_mu_read = more == control::kNoMu});
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
  listen::ControlStream stream(co_await boost::asio::this_coro::executor);
  if (listen::connect_control(stream, folder)) co_return LeaveOutcome::not_there;
  const std::string request =
      std::string(control::kDrain) + " " + std::to_string(within.count()) + "\n";
  bool heard = co_await listen::write_all(stream, as_bytes(request), control::kStep);
  std::string line;
  while (heard) {
    heard = co_await listen::read_line(stream, line, control::kStep);
    if (heard && understand(line, progress)) co_return LeaveOutcome::leaving;
  }
  co_return LeaveOutcome::cut_off;
}

}  // namespace icom::supervise
