// `icom-agent rotate`: a new key and a new token, without a stop in the flow. docs/protocol.md,
// "The desk", has the steps, and what becomes of it if either side dies between two of them.
#pragma once

#include "agent/enrol/enrolment.hpp"
#include "common/config/site_settings.hpp"

namespace icom::enrol {

/// Whatever happens, what tunnel.key and tunnel.token_file hold then lets the site in: the
/// forwarder that runs goes on, and takes the new ones at its next connection. What an earlier call
/// left half done is finished or undone first. Throws EnrolmentError, LinkFailure, or
/// std::runtime_error (this machine's files).
void rotate(const config::SiteSettings& site, const Surroundings& around);

}  // namespace icom::enrol
