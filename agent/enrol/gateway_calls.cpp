#include "agent/enrol/gateway_calls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>

#include "agent/enrol/desk_talk.hpp"
#include "agent/forward/message_pipe.hpp"
#include "agent/forward/proof_exchange.hpp"
#include "agent/forward/refusal_text.hpp"
#include "agent/forward/ssh_connector.hpp"
#include "common/asio/deadline.hpp"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"
#include "common/link/read_message.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::enrol {

namespace asio = boost::asio;
using asio::awaitable;
using forward::FailureKind;
using forward::LinkFailure;

namespace {

/// For the gateway's disk, too.
constexpr std::chrono::seconds kAnswerTime{20};
constexpr std::chrono::seconds kGoodbye{2};

/// What is said and heard over a connected pipe; gives what came back.
using Talk = std::function<awaitable<std::string>(forward::MessagePipe&)>;

awaitable<std::string> hold(forward::Connector connect, Talk talk) {
  const auto executor = co_await asio::this_coro::executor;
  const std::unique_ptr<forward::MessagePipe> pipe = co_await connect();
  const Deadline deadline(executor, kAnswerTime, [&pipe] { pipe->abort(); });
  std::string answer;
  try {
    answer = co_await talk(*pipe);
  } catch (const LinkFailure&) {
    if (!deadline.passed()) throw;
    throw LinkFailure(FailureKind::gateway_away,
                      "the gateway took the connection and gave no answer in time: look at "
                      "icom-gateway's log at the hosting site");
  }
  co_await pipe->close(kGoodbye);
  co_return answer;
}

std::string run(forward::Connector connect, Talk talk) {
  asio::io_context io(1);
  std::string answer;
  std::exception_ptr failure;
  asio::co_spawn(io, hold(std::move(connect), std::move(talk)),
                 [&](const std::exception_ptr& thrown, std::string text) {
                   failure = thrown;
                   answer = std::move(text);
                   io.stop();  // what an ended session leaves behind need not be waited for
                 });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return answer;
}

/// Sends one message and gives the first that comes back.
awaitable<std::string> ask_once(forward::MessagePipe& pipe, std::string message) {
  co_await pipe.write(message);
  std::string answer = co_await pipe.read();
  co_return answer;
}

/// The proof, and an announcement of no spool.
awaitable<std::string> say_hello(forward::MessagePipe& pipe, forward::Caller caller) {
  auto keys = co_await forward::exchange_proofs(pipe, caller);
  forward::SealedPipe sealed(pipe, std::move(keys));
  link::ToGateway message;
  message.mutable_announcement()->set_agent_version(caller.version);
  std::string answer = co_await ask_once(sealed, message.SerializeAsString());
  co_return answer;
}

}  // namespace

link::DeskAnswer ask_desk(const config::TunnelSettings& tunnel, const link::DeskRequest& request,
                          const link::DeskSecret& secret) {
  const std::string bytes =
      run(forward::ssh_connector(tunnel, link::kDeskPath), [&](forward::MessagePipe& pipe) {
        return talk_to_desk(pipe, request, secret, tunnel.gateway.text());
      });
  link::DeskAnswer answer;
  if (!link::read_message(bytes, answer, link::kMaxUnprovedParts) || answer.answer_case() == 0) {
    throw LinkFailure(FailureKind::protocol,
                      "the gateway's answer cannot be read: compare the releases of both ends");
  }
  return answer;
}

Surroundings real_surroundings(
    std::function<void(const std::string& word, const std::string& text)> say) {
  const auto reach = [](const std::string& host, std::uint16_t port) {
    return try_to_reach(host, port);
  };
  return {os::real_file_system(), reach, ask_desk, try_link, std::move(say), os::utc_now_seconds};
}

void try_link(const config::TunnelSettings& tunnel, const forward::Caller& caller) {
  const std::string bytes =
      run(forward::ssh_connector(tunnel),
          [&caller](forward::MessagePipe& pipe) { return say_hello(pipe, caller); });
  link::ToAgent answer;
  if (!link::read_message(bytes, answer, link::kMaxPartsToAgent)) {
    throw LinkFailure(FailureKind::protocol, "the gateway sent something that is no message");
  }
  if (answer.has_refused()) throw forward::failure_of(answer.refused(), caller.site);
  if (!answer.has_welcome()) {
    throw LinkFailure(FailureKind::protocol,
                      "the gateway did not answer our announcement with Welcome");
  }
}

}  // namespace icom::enrol
