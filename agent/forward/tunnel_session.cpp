#include "agent/forward/tunnel_session.hpp"

#include <utility>

namespace icom::forward {
namespace {

constexpr std::chrono::seconds kSessionDeadline{15};

ssh::Settings settings_of(const config::TunnelSettings& tunnel, ssh::Traffic traffic) {
  ssh::Settings settings;
  settings.host = tunnel.host;
  settings.port = tunnel.port;
  settings.user = tunnel.user;
  settings.key = tunnel.key;
  settings.known_hosts = tunnel.known_hosts;
  settings.traffic = traffic;
  return settings;
}

}  // namespace

boost::asio::awaitable<std::shared_ptr<ssh::Session>> connect_for_frames(
    config::TunnelSettings tunnel) {
  return ssh::Session::connect(settings_of(tunnel, ssh::Traffic::prompt), kSessionDeadline);
}

boost::asio::awaitable<std::shared_ptr<ssh::Session>> connect_for_forwards(
    config::TunnelSettings tunnel) {
  return ssh::Session::connect(settings_of(tunnel, ssh::Traffic::bulk), kSessionDeadline);
}

}  // namespace icom::forward
