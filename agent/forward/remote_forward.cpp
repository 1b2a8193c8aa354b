#include "agent/forward/remote_forward.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/asio/tcp_dial.hpp"

namespace icom::forward {

using boost::asio::awaitable;
using boost::asio::ip::tcp;

namespace {

struct DialAttempt {
  std::optional<tcp::socket> socket;
  std::string failure;
};

/// Without an exception, which the race against the run's end would take for "not finished yet".
awaitable<DialAttempt> dial(config::Address target, std::chrono::seconds deadline) {
  DialAttempt attempt;
  try {
    const auto until = std::chrono::steady_clock::now() + deadline;
    attempt.socket.emplace(co_await dial_tcp(target.host, target.port, until, {}));
  } catch (const std::exception& failure) {
    attempt.failure = "the target " + target.text() + ": " + failure.what();
  }
  co_return attempt;
}

}  // namespace

awaitable<void> RemoteForward::listen(RunPtr run) {
  const auto session = run->session;
  const auto& at = settings().listen;
  std::optional<std::string> refused;
  try {
    auto listener = co_await session->listen(at.host, at.port, timings().listen);
    if (run->ended || run->session != session) co_return;
    run->close_port = [&listener] { listener.close(); };
    port_is_open();
    while (!run->ended && run->session == session) {
      ssh::Channel client = co_await listener.accept();
      if (run->ended) co_return;
      if (admit()) carry(join(run, std::move(client)));
    }
  } catch (const ssh::Error& error) {
    if (error.category() != ssh::Category::refused) throw;
    if (run->ended || run->session != session) co_return;
    refused = "the hosting site's sshd refuses to listen at " + at.text() +
              ": an earlier session or another program holds the port, or this site's file there "
              "does not have this forward (its key's permitlisten); a change there counts within a "
              "minute, and is waited for";
    note_refusal();
  }
  if (refused) throw std::runtime_error(*refused);
}

void RemoteForward::moved(Run& run) {
  opening();
  if (run.close_port) run.close_port();
  run.pause.ring();
}

awaitable<bool> RemoteForward::permitted_in(std::shared_ptr<ssh::Session> session) {
  const auto self = shared_from_this();
  const auto& at = settings().listen;
  try {
    co_await session->listen(at.host, at.port, timings().listen);
    co_return true;
  } catch (const ssh::Error&) {
    co_return false;
  }
}

awaitable<void> RemoteForward::join(RunPtr run, ssh::Channel client) {
  using boost::asio::experimental::awaitable_operators::operator||;
  const auto self = shared_from_this();
  const auto& target = settings().target;
  auto dialled = co_await (dial(target, timings().connect) || run->over.wait());
  if (dialled.index() == 1) co_return;
  auto& attempt = std::get<0>(dialled);
  if (!attempt.socket) {
    note_target_refusal(attempt.failure);
    co_return;
  }
  note_target_reached();
  co_await relay(run, std::move(*attempt.socket), std::move(client));
}

}  // namespace icom::forward
