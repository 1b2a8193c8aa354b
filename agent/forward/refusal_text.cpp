#include "agent/forward/refusal_text.hpp"

#include <string>

#include "common/link/batch_codec.hpp"
#include "common/log/printable.hpp"

namespace icom::forward {
namespace {

std::string advice(const link::Refused& refused, std::string_view site) {
  switch (refused.code()) {
    case link::Refused::UNKNOWN_SITE:
      return "the gateway knows no site '" + std::string(site) +
             "': put this site's file into the gateway's sites folder, or correct 'site' here";
    case link::Refused::WRONG_TOKEN:
      return "the gateway refuses the token of site '" + std::string(site) +
             "': make tunnel.token_file hold the same token as the gateway's file of this site";
    case link::Refused::REVOKED:
      return "the gateway has revoked site '" + std::string(site) +
             "': nothing is sent until this site is enrolled again (icom-agent enrol)";
    case link::Refused::PROTOCOL_VERSION:
      if (refused.protocol() == 0 || refused.protocol() == link::kLinkProtocol) {
        return "the gateway does not speak this agent's link protocol " +
               std::to_string(link::kLinkProtocol) + ": bring both to the same release";
      }
      return "the gateway speaks link protocol " + std::to_string(refused.protocol()) +
             ", this agent " + std::to_string(link::kLinkProtocol) +
             (refused.protocol() < link::kLinkProtocol ? ": upgrade the gateway"
                                                       : ": upgrade this site's agent");
    case link::Refused::NOT_YOUR_LINAC:
      return "the gateway has a Linac that this site announces under another site: "
             "compare the site files of both ends";
    case link::Refused::MALFORMED:
      return "the gateway could not read what this agent sent: compare the releases of both ends, "
             "and report it";
    case link::Refused::SHUTTING_DOWN:
      return "the gateway is shutting down: nothing to do, this agent calls again";
    default:
      return "the gateway refuses this site";
  }
}

}  // namespace

LinkFailure failure_of(const link::Refused& refused, std::string_view site) {
  std::string sentence = advice(refused, site);
  if (!refused.text().empty())
    sentence += " (the gateway says: " + log::printable(refused.text(), log::kSentence) + ")";
  const auto kind = refused.code() == link::Refused::SHUTTING_DOWN ? FailureKind::gateway_away
                    : refused.code() == link::Refused::MALFORMED   ? FailureKind::protocol
                                                                   : FailureKind::refused;
  return {kind, sentence};
}

}  // namespace icom::forward
