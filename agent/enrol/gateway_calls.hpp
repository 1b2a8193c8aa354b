// The two calls to the gateway that enrolling and rotating make, each through a tunnel of its own.
#pragma once

#include <string>

#include "agent/enrol/enrolment.hpp"
#include "agent/forward/link_failure.hpp"
#include "agent/forward/link_session.hpp"
#include "common/config/site_settings.hpp"
#include "common/link/desk_seal.hpp"

namespace icom::enrol {

/// Asks the desk, once it and this site have proved to each other that they know `secret`; what it
/// then answers is the gateway's, and nobody else can read it. Blocks, for less than a minute.
/// Throws LinkFailure where there is no answer; whether the gateway has done what was asked is then
/// unknown.
link::DeskAnswer ask_desk(const config::TunnelSettings& tunnel, const link::DeskRequest& request,
                          const link::DeskSecret& secret);

/// Says Hello as the site's forwarder would, and leaves once it is welcomed. Blocks, for less than
/// a minute. Throws LinkFailure.
void try_link(const config::TunnelSettings& tunnel, const forward::Caller& caller);

/// Those of this machine.
Surroundings real_surroundings(
    std::function<void(const std::string& word, const std::string& text)> say);

}  // namespace icom::enrol
