#include "common/control/drain.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "common/asio/as_tuple.hpp"
#include "common/control/protocol.hpp"

namespace icom::control {

using boost::asio::awaitable;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kLook{100};

std::optional<milliseconds> limit_in(std::string_view text) {
  std::uint32_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return milliseconds(limit);
}

}  // namespace

awaitable<void> drain(Call& call, DrainLook look, std::function<void()> leave,
                      std::function<void()> stay) {
  using Clock = std::chrono::steady_clock;
  const auto limit = limit_in(call.argument);
  if (!limit) {
    co_await refuse(call, "expected 'drain MILLISECONDS'");
    co_return;
  }
  const auto latest = Clock::now() + *limit;
  boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
  while (const auto state = look(std::chrono::floor<milliseconds>(latest - Clock::now()))) {
    const std::string_view word = state->leaves ? kLeaving : kWaiting;
    const bool heard =
        co_await write_line(call.channel, std::string(word) + " " + state->text, kStep);
    if (!heard) {
      stay();
      co_return;
    }
    if (state->leaves) {
      leave();
      co_return;
    }
    pause.expires_after(kLook);
    co_await pause.async_wait(kAsTuple);
  }
}

}  // namespace icom::control
