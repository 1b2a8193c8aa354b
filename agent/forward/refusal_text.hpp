// A gateway's refusal, as a failure that tells the site's operator what to do.
#pragma once

#include <string>
#include <string_view>

#include "agent/forward/link_failure.hpp"
#include "common/link/link.pb.h"

namespace icom::forward {

/// `site` is the name that we gave. The gateway's own text is quoted, shortened, and without
/// control characters.
LinkFailure failure_of(const link::Refused& refused, std::string_view site);

/// Text of a peer made fit for a log line: printable ASCII, at most 200 characters.
std::string quotable(std::string_view text);

}  // namespace icom::forward
