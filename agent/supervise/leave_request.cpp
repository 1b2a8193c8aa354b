#include "agent/supervise/leave_request.hpp"

#include <boost/asio/this_coro.hpp>
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
    words >> since_change >> left;
    progress.waiting(milliseconds(since_change), milliseconds(left));
  } else if (kind == control::kLeaving) {
    std::string why;
    std::getline(words >> std::ws, why);
    progress.leaving(why);
    return true;
  }
  return false;
}

}  // namespace

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
