#include "agent/enrol/gateway_calls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>

#include "agent/forward/message_pipe.hpp"
#include "agent/forward/refusal_text.hpp"
#include "agent/forward/ssh_connector.hpp"
#include "common/asio/deadline.hpp"
#include "common/link/batch_codec.hpp"
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

/// Sends one message and gives the first that comes back.
awaitable<std::string> exchange(forward::Connector connect, std::string message) {
  const auto executor = co_await asio::this_coro::executor;
  const std::unique_ptr<forward::MessagePipe> pipe = co_await connect();
  const Deadline deadline(executor, kAnswerTime, [&pipe] { pipe->abort(); });
  std::string answer;
  try {
    co_await pipe->write(message);
    answer = co_await pipe->read();
  } catch (const LinkFailure&) {
    if (!deadline.passed()) throw;
    throw LinkFailure(FailureKind::gateway_away,
                      "the gateway took the connection and gave no answer in time: look at "
                      "icom-gateway's log at the hosting site");
  }
  co_await pipe->close(kGoodbye);
  co_return answer;
}

std::string run(forward::Connector connect, std::string message) {
  asio::io_context io(1);
  std::string answer;
  std::exception_ptr failure;
  asio::co_spawn(io, exchange(std::move(connect), std::move(message)),
                 [&](const std::exception_ptr& thrown, std::string text) {
                   failure = thrown;
                   answer = std::move(text);
                   io.stop();  // what an ended session leaves behind need not be waited for
                 });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return answer;
}

}  // namespace

link::DeskAnswer ask_desk(const config::TunnelSettings& tunnel, const link::DeskRequest& request) {
  const std::string bytes =
      run(forward::ssh_connector(tunnel, link::kDeskPath), request.SerializeAsString());
  link::DeskAnswer answer;
  if (!link::read_message(bytes, answer) || answer.answer_case() == 0) {
    throw LinkFailure(FailureKind::protocol,
                      "the gateway's answer cannot be read: compare the releases of both ends");
  }
  return answer;
}

Surroundings real_surroundings(
    std::function<void(const std::string& word, const std::string& text)> say) {
  constexpr std::int64_t kMicroseconds = 1'000'000;
  const auto reach = [](const std::string& host, std::uint16_t port) {
    return try_to_reach(host, port);
  };
  return {os::real_file_system(), reach, ask_desk, try_link, std::move(say), [] {
            return os::utc_now_us() / kMicroseconds;
          }};
}

void try_link(const config::TunnelSettings& tunnel, const forward::Caller& caller) {
  link::ToGateway message;
  auto* hello = message.mutable_hello();
  hello->set_protocol(link::kLinkProtocol);
  hello->set_site(caller.site);
  hello->set_token(caller.token);
  hello->set_agent_version(caller.version);
  const std::string bytes = run(forward::ssh_connector(tunnel), message.SerializeAsString());
  link::ToAgent answer;
  if (!link::read_message(bytes, answer)) {
    throw LinkFailure(FailureKind::protocol, "the gateway sent something that is no message");
  }
  if (answer.has_refused()) throw forward::failure_of(answer.refused(), caller.site);
  if (!answer.has_welcome()) {
    throw LinkFailure(FailureKind::protocol, "the gateway did not answer our Hello with Welcome");
  }
}

}  // namespace icom::enrol
