#include "gateway/serve/way_in_check.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "gateway/registration/host_keys.hpp"
#include "gateway/registration/places.hpp"

namespace icom::serve {

void check_tunnel_end(CheckReport& report, const config::GatewaySettings& settings) {
  if (!settings.tunnel) {
    report.note("tunnel",
                "not set: no site can be added here, and other accounts of this machine can keep "
                "sites from the ingest until one has proved itself. Add host, user and host_keys "
                "of this machine's sshd: docs/configuration.md");
    return;
  }
  try {
    const auto keys = registration::host_keys(*settings.tunnel);
    report.line(true, "tunnel.host_keys",
                std::to_string(keys.size()) + " of use to sites, which reach " +
                    settings.tunnel->host + " at port " + std::to_string(settings.tunnel->port));
  } catch (const registration::RegistrationError& error) {
    report.line(false, "tunnel.host_keys",
                std::string(error.what()) + "; until then no site can be added");
  }
}

void check_ingest_reach(CheckReport& report, const config::Address& ingest) {
  using boost::asio::ip::tcp;
  boost::asio::io_context io;
  boost::system::error_code error;
  const auto found = tcp::resolver(io).resolve(ingest.host, std::to_string(ingest.port),
                                               tcp::resolver::passive, error);
  if (error || found.empty()) return;  // which the port's own check says
  const auto address = found.begin()->endpoint().address();
  if (address.is_loopback()) return;
  const std::string named = "ingest " + ingest.text();
  const std::string open =
      "patients' names cross that network unencrypted, and whoever is on it can try to keep sites "
      "out";
  if (address.is_unspecified()) {
    report.line(false, named,
                "is open to every network that this machine is on: " + open +
                    ". Let `ingest`, and ListenStream of icom-gateway.socket, be 127.0.0.1:" +
                    std::to_string(ingest.port) + ", which this machine's sshd reaches");
  } else {
    report.note(named, "is open to the network of that address: " + open +
                           ". Unless the sites' sshd is on another machine, let `ingest`, and "
                           "ListenStream of icom-gateway.socket, be 127.0.0.1:" +
                           std::to_string(ingest.port) +
                           "; if it is, let a firewall admit that machine alone");
  }
}

}  // namespace icom::serve
