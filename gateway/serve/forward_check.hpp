// Where the sites' remote forwards listen at this machine, and whether they can.
#pragma once

#include <vector>

#include "common/config/forward_clashes.hpp"
#include "gateway/serve/check_report.hpp"

namespace icom::serve {

/// As far as this machine's kernel says, for any account.
config::ListenGround listen_ground();

/// One line for each forward that cannot listen.
void check_forwards(CheckReport& report, const config::GatewaySettings& settings);
/// Of those that check_forwards() says nothing of: where this machine's sshd itself listens.
void check_forwards_beside_sshd(CheckReport& report, const config::GatewaySettings& settings,
                                const std::vector<config::Address>& sshd);

/// Says in the log which forwards cannot listen, if these are others than `said`: nobody at the
/// hosting site would learn of it otherwise. Gives them.
std::vector<config::Problem> log_forward_clashes(const config::GatewaySettings& settings,
                                                 const std::vector<config::Problem>& said);

}  // namespace icom::serve
