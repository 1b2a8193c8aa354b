#include "agent/forward/local_forward.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "common/asio/as_tuple.hpp"
#include "common/asio/name_resolver.hpp"

namespace icom::forward {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;

/// Where the process has no descriptor left, accepting fails at once, again and again.
constexpr std::chrono::seconds kPauseAfterFailedAccept{1};

std::string advice_on(const error_code& error) {
  if (error == asio::error::address_in_use) {
    return "another program of this machine listens there: stop it, or choose another port";
  }
  if (error == asio::error::access_denied) {
    return "this account may not listen there: choose a port from 1024 on";
  }
  if (error.value() == EADDRNOTAVAIL) return "it is no address of this machine";
  return error.message();
}

/// Nothing, where the server's reason needs no advice.
std::string advice_on(const ssh::Error& error) {
  if (error.category() == ssh::Category::prohibited) {
    return ": the server does not permit it; add it to the forwards of this site's file at the "
           "gateway, or, where the account's authorized_keys is kept by hand, to the permitopen of "
           "this key there; and where sshd_config has PermitOpen, there too";
  }
  if (std::string_view(error.what()).find("connect failed") != std::string_view::npos) {
    return ": as the server sees it nothing listens there, it can not be reached, or its name does "
           "not resolve";
  }
  return "";
}

struct ChannelAttempt {
  std::optional<ssh::Channel> channel;
  std::string failure;
  bool prohibited = false;
  bool refused = false;     ///< by the target, as the server says
  bool unanswered = false;  ///< in time
};

/// Without an exception, which the race against the run's end would take for "not finished yet".
awaitable<ChannelAttempt> open_channel(std::shared_ptr<ssh::Session> session,
                                       config::Address target, std::chrono::seconds deadline) {
  ChannelAttempt attempt;
  try {
    attempt.channel.emplace(co_await session->open_channel(target.host, target.port, deadline));
  } catch (const ssh::Error& error) {
    attempt.failure = error.what() + advice_on(error);
    attempt.prohibited = error.category() == ssh::Category::prohibited;
    attempt.refused = error.category() == ssh::Category::refused;
    attempt.unanswered = error.category() == ssh::Category::timeout;
  } catch (const std::exception& error) {
    attempt.failure = error.what();
  }
  co_return attempt;
}

}  // namespace

awaitable<void> LocalForward::listen(RunPtr run) {
  const auto self = shared_from_this();
  const auto at = settings().listen;
  NameResolver resolver(executor());
  run->close_port = [&resolver] { resolver.cancel(); };
  error_code error;
  const auto addresses = co_await resolver.resolve(at.host, timings().connect, error);
  run->close_port = nullptr;
  if (run->ended) co_return;
  if (error) {
    throw std::runtime_error("cannot listen at " + at.text() +
                             ": looking up its address failed: " + error.message());
  }
  const tcp::endpoint endpoint(addresses.front(), at.port);
  tcp::acceptor acceptor(executor());
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw std::runtime_error("cannot listen at " + at.text() + ": " + advice_on(error));
  }

  run->close_port = [&acceptor] {
    error_code ignored;
    acceptor.close(ignored);
  };
  port_is_open();
  while (!run->ended) {
    auto [failure, client] = co_await acceptor.async_accept(kAsTuple);
    if (run->ended) co_return;
    if (failure) {
      note_failure("a connection could not be accepted: " + failure.message());
      co_await run->pause.wait_until(Bell::Clock::now() + kPauseAfterFailedAccept);
    } else if (admit()) {
      carry(join(run, std::move(client)));
    }
  }
}

awaitable<bool> LocalForward::permitted_in(std::shared_ptr<ssh::Session> session) {
  const auto self = shared_from_this();
  const auto attempt = co_await open_channel(session, settings().target, timings().connect);
  // A target that refuses or does not answer is one that the server has tried to reach.
  co_return !attempt.prohibited && session->is_open();
}

awaitable<void> LocalForward::join(RunPtr run, tcp::socket client) {
  using asio::experimental::awaitable_operators::operator||;
  const auto self = shared_from_this();
  const auto session = run->session;
  const auto& target = settings().target;
  auto opened = co_await (open_channel(session, target, timings().connect) || run->over.wait());
  if (opened.index() == 1) co_return;
  auto& attempt = std::get<0>(opened);
  // What an earlier session was told says nothing of this one.
  if (run->session == session && !run->ended) {
    if (attempt.prohibited) {
      note_refusal();
    } else if (attempt.channel || attempt.refused) {
      end_refusal();
    }
  }
  if (attempt.prohibited) {
    throw std::runtime_error(attempt.failure +
                             "; a change there counts within a minute, and is waited for");
  }
  if (attempt.refused || (attempt.unanswered && session->is_open())) {
    note_target_refusal(attempt.failure);
    co_return;
  }
  if (!attempt.channel) throw std::runtime_error(attempt.failure);
  note_target_reached();
  co_await relay(run, std::move(client), std::move(*attempt.channel));
}

}  // namespace icom::forward
