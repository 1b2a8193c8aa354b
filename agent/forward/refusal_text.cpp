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
    case link::Refused::TOKEN_UNUSABLE:
      return "the gateway cannot use its own file of this site's token, " + std::string(site) +
             ".token in its folder of tokens: have it mended at the hosting site, where "
             "icom-gateway check says what is wrong with it; nothing is to be done here";
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
      // Said until another attempt has failed, which may take the time of its deadline.
      return "the gateway has shut down, and no gateway has answered since: this agent calls "
             "again; if it stays so, have icom-gateway and its log looked at at the hosting site";
    case link::Refused::UNAVAILABLE:
      return "the gateway's machine has a fault: nothing to do here, this agent calls again";
    default:
      return "the gateway refuses this site";
  }
}

}  // namespace

LinkFailure failure_of(const link::Refused& refused, std::string_view site) {
  std::string sentence = advice(refused, site);
  // What it said as it ended is not what it says.
  if (!refused.text().empty() && refused.code() != link::Refused::SHUTTING_DOWN)
    sentence += " (the gateway says: " + log::printable(refused.text(), log::kSentence) + ")";
  const auto kind =
      refused.code() == link::Refused::SHUTTING_DOWN || refused.code() == link::Refused::UNAVAILABLE
          ? FailureKind::gateway_away
      : refused.code() == link::Refused::MALFORMED ? FailureKind::protocol
                                                   : FailureKind::refused;
  return {kind, sentence};
}

LinkFailure unproved_failure_of(const link::Refused& refused, std::string_view site) {
  // An older gateway reads nothing of our Hello but its version.
  const LinkFailure failure = failure_of(refused, site);
  return {failure.kind, std::string(failure.what()) +
                            "; that it is the gateway which says so is not proved: where this "
                            "cannot be, look there whether another program has its port"};
}

LinkFailure no_proof_from(std::string_view gateway) {
  const std::string where =
      gateway.empty() ? "the gateway's port" : log::printable(gateway, log::kSentence);
  return {FailureKind::not_the_gateway,
          "what answers at " + where +
              " of the hosting site does not know this site's token: another program has taken the "
              "port, or the tokens differ (tunnel.token_file here, the gateway's file of this site "
              "there); nothing was sent to it"};
}

LinkFailure no_gateway_behind(std::string_view gateway, const std::string& why) {
  return {
      FailureKind::gateway_away,
      "the tunnel stands, but no gateway answers behind it, at " +
          log::printable(gateway, log::kSentence) +
          ": have icom-gateway started at the hosting site, or looked at if it runs; or correct "
          "tunnel.gateway, which is to be the 'ingest' of its settings (" +
          why + ")"};
}

}  // namespace icom::forward
