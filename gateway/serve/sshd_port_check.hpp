// Whether sshd answers where sites come in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/config/address.hpp"
#include "gateway/serve/check_report.hpp"

namespace icom::serve {

/// `listens`: where its settings have it listen; `port`: where the sites are told to come. Connects
/// there and reads the line that an SSH server begins with; waits for a few seconds at most.
void check_sshd_port(CheckReport& report, const std::string& named,
                     const std::vector<config::Address>& listens, std::uint16_t port);

/// Of that line; empty if what is wanted can be had from that server, else what cannot.
std::string too_old(const std::string& banner);

}  // namespace icom::serve
