#include "agent/forward/ssh_connector.hpp"

#include <utility>

#include "agent/forward/link_failure.hpp"
#include "agent/forward/refusal_text.hpp"
#include "agent/forward/tunnel_session.hpp"
#include "agent/forward/websocket_pipe.hpp"
#include "common/ssh/channel_websocket.hpp"
#include "common/ssh/session.hpp"

namespace icom::forward {

namespace {

constexpr std::chrono::seconds kChannelDeadline{10};

/// As the sshd says, of the way from it to the gateway.
LinkFailure failure_behind(const config::TunnelSettings& tunnel, const ssh::Error& error) {
  if (error.category() == ssh::Category::refused) {
    return no_gateway_behind(tunnel.gateway.text(), error.what());
  }
  return {
      FailureKind::gateway_away,
      "the tunnel stands, but the hosting site's sshd does not let it to " + tunnel.gateway.text() +
          ": have icom-gateway check run at the hosting site, which tells what forbids it: sshd's "
          "AllowTcpForwarding or DisableForwarding, its PermitOpen, or the permitopen of this "
          "site's key; or correct tunnel.gateway, which is to be the 'ingest' of the gateway's "
          "settings (" +
          error.what() + ")"};
}

LinkFailure failure_of(const ssh::Error& error) {
  switch (error.category()) {
    case ssh::Category::settings:
      return {FailureKind::settings, error.what()};
    case ssh::Category::host_key: {
      LinkFailure failure(FailureKind::host_key, error.what());
      failure.offer = error.offer();
      return failure;
    }
    case ssh::Category::authentication:
      return {FailureKind::authentication, error.what()};
    case ssh::Category::refused:
    case ssh::Category::prohibited:
      return {FailureKind::gateway_away, error.what()};
    case ssh::Category::protocol:
      return {FailureKind::protocol, error.what()};
    case ssh::Category::network:
    case ssh::Category::timeout:
    case ssh::Category::closed:
      break;
  }
  return {FailureKind::network, error.what()};
}

Carrier carrier_of(std::shared_ptr<ssh::Session> session) {
  Carrier carrier;
  carrier.close = [session](std::chrono::seconds deadline) { return session->close(deadline); };
  carrier.abort = [session] { session->abort(); };
  carrier.failure = [session]() -> std::optional<LinkFailure> {
    const auto error = session->failure();
    if (!error || error->category() == ssh::Category::closed) return std::nullopt;
    return failure_of(*error);
  };
  return carrier;
}

boost::asio::awaitable<std::unique_ptr<MessagePipe>> connect(config::TunnelSettings tunnel,
                                                             std::string path) {
  std::optional<LinkFailure> failure;
  try {
    auto session = co_await connect_for_frames(tunnel);
    auto channel =
        co_await session->open_channel(tunnel.gateway.host, tunnel.gateway.port, kChannelDeadline);
    auto pipe = co_await WebSocketPipe<ssh::Channel>::open(
        std::move(channel), tunnel.gateway.text(), carrier_of(session), std::move(path));
    co_return pipe;
  } catch (const ssh::Error& error) {
    const bool is_behind =
        error.category() == ssh::Category::refused || error.category() == ssh::Category::prohibited;
    failure = is_behind ? failure_behind(tunnel, error) : failure_of(error);
  }
  throw LinkFailure(*failure);
}

}  // namespace

Connector ssh_connector(config::TunnelSettings tunnel, std::string path) {
  return [tunnel = std::move(tunnel), path = std::move(path)] { return connect(tunnel, path); };
}

}  // namespace icom::forward
