#include "agent/forward/link_failure.hpp"

namespace icom::forward {

std::string_view name_of(FailureKind kind) {
  switch (kind) {
    case FailureKind::settings:
      return "settings";
    case FailureKind::network:
      return "network";
    case FailureKind::host_key:
      return "host_key";
    case FailureKind::authentication:
      return "authentication";
    case FailureKind::gateway_away:
      return "gateway_away";
    case FailureKind::refused:
      return "refused";
    case FailureKind::not_the_gateway:
      return "not_the_gateway";
    case FailureKind::protocol:
      return "protocol";
    case FailureKind::spool:
      return "spool";
  }
  return "unknown";
}

}  // namespace icom::forward
