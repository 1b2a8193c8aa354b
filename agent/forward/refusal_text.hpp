// A gateway's refusal, as a failure that tells the site's operator what to do.
#pragma once

#include <string_view>

#include "agent/forward/link_failure.hpp"
#include "common/link/link.pb.h"

namespace icom::forward {

/// `site` is the name that we gave. The gateway's own text is quoted, shortened, and without
/// control characters.
LinkFailure failure_of(const link::Refused& refused, std::string_view site);

/// The same of a refusal whose sender has not proved to be the gateway: it is told as that.
LinkFailure unproved_failure_of(const link::Refused& refused, std::string_view site);

/// What answers at `gateway` (HOST:PORT, or empty) does not know the site's token.
LinkFailure no_proof_from(std::string_view gateway);

/// The hosting site's sshd has let us in, and there is no talking to the gateway behind it: `why`.
LinkFailure no_gateway_behind(std::string_view gateway, const std::string& why);

}  // namespace icom::forward
