#include "common/asio/tcp_dial.hpp"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <tuple>

#include "common/asio/as_tuple.hpp"
#include "common/asio/deadline.hpp"
#include "common/asio/lookup_error.hpp"
#include "common/asio/name_resolver.hpp"

namespace icom {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using TimePoint = std::chrono::steady_clock::time_point;

DialFailure failed(DialFailure::Step step, const error_code& error, bool late) {
  const std::string what =
      step == DialFailure::Step::look_up ? "looking up its address" : "connecting";
  return {late ? what + " took too long" : what + " failed: " + error.message(), step, error, late};
}

/// What is left of the whole, or the step's own limit.
std::chrono::milliseconds limit_of_step(TimePoint until, std::chrono::milliseconds limit) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return std::max(std::min(left, limit), std::chrono::milliseconds(0));
}

/// A wait that was cancelled from outside ends with the same error as one that a Deadline cut
/// short.
void throw_if_cancelled(const asio::cancellation_state& state) {
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
}

}  // namespace

asio::awaitable<std::vector<tcp::endpoint>> resolve_tcp(std::string host, std::uint16_t port,
                                                        std::chrono::milliseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  NameResolver resolver(executor);
  error_code error;
  const auto addresses = co_await resolver.resolve(std::move(host), limit, error);
  throw_if_cancelled(co_await asio::this_coro::cancellation_state);
  if (error) throw failed(DialFailure::Step::look_up, error, error == LookupError::late);
  std::vector<tcp::endpoint> endpoints;
  for (const auto& address : addresses) endpoints.emplace_back(address, port);
  co_return endpoints;
}

asio::awaitable<tcp::socket> dial_tcp(std::string host, std::uint16_t port, TimePoint until,
                                      DialLimits limits,
                                      std::function<void(tcp::socket&)> prepare) {
  const auto executor = co_await asio::this_coro::executor;
  const auto endpoints =
      co_await resolve_tcp(std::move(host), port, limit_of_step(until, limits.resolve));

  const auto socket = std::make_shared<tcp::socket>(executor);
  const Deadline deadline(executor, limit_of_step(until, limits.connect), [socket] {
    error_code ignored;
    socket->close(ignored);
  });
  error_code error = asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    if (deadline.passed()) break;
    error_code ignored;
    socket->close(ignored);
    socket->open(endpoint.protocol(), error);
    if (error) continue;
    if (prepare) prepare(*socket);
    std::tie(error) = co_await socket->async_connect(endpoint, kAsTuple);
    if (!error) break;
  }
  throw_if_cancelled(co_await asio::this_coro::cancellation_state);
  if (error || deadline.passed())
    throw failed(DialFailure::Step::connect, error, deadline.passed());
  co_return std::move(*socket);
}

}  // namespace icom
