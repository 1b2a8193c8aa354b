#include "gateway/serve/forward_check.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>

namespace icom::serve {

namespace {

/// As the kernel has it: net.ipv4.ip_unprivileged_port_start, which is good for IPv6, too.
constexpr const char* kFirstFreePort = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

void report_all(CheckReport& report, const std::vector<config::Problem>& clashes,
                const std::vector<config::Problem>& said) {
  for (const config::Problem& clash : clashes) {
    if (std::ranges::find(said, clash) == said.end()) report.line(false, "forwards", clash.text());
  }
}

}  // namespace

config::ListenGround listen_ground() {
  config::ListenGround ground;
  std::ifstream(kFirstFreePort) >> ground.first_free_port;
  return ground;
}

void check_forwards(CheckReport& report, const config::GatewaySettings& settings) {
  report_all(report, config::forward_clashes(settings, listen_ground()), {});
}

void check_forwards_beside_sshd(CheckReport& report, const config::GatewaySettings& settings,
                                const std::vector<config::Address>& sshd) {
  config::ListenGround ground = listen_ground();
  const auto said = config::forward_clashes(settings, ground);
  for (const config::Address& at : sshd) ground.taken.push_back({at, "this machine's sshd"});
  report_all(report, config::forward_clashes(settings, ground), said);
}

std::vector<config::Problem> log_forward_clashes(const config::GatewaySettings& settings,
                                                 const std::vector<config::Problem>& said) {
  auto clashes = config::forward_clashes(settings, listen_ground());
  if (clashes == said) return clashes;
  for (const config::Problem& clash : clashes) {
    spdlog::warn("a forward of a site cannot listen: {}", clash.text());
  }
  return clashes;
}

}  // namespace icom::serve
