#include "agent/enrol/rotation.hpp"

#include "agent/enrol/staged_files.hpp"
#include "agent/forward/own_token.hpp"
#include "common/config/closed_file.hpp"
#include "common/link/desk_signature.hpp"
#include "common/link/limits.hpp"
#include "common/os/lock_beside.hpp"
#include "common/os/path_text.hpp"
#include "common/ssh/private_key.hpp"

namespace icom::enrol {

using forward::LinkFailure;

namespace {

void finish_or_undo_the_last(const config::TunnelSettings& tunnel, const Surroundings& around) {
  const auto next_key = next_of(tunnel.key);
  const auto next_token = next_of(tunnel.token_file);
  if (!config::is_there(next_token)) return;
  if (config::is_there(next_key)) {
    remove(around.files, next_token);
    around.say("note", "a rotation was cut off before the new pair was proved: it begins anew");
  } else {
    replace(around.files, next_token, tunnel.token_file);
    around.say("note", "a rotation was cut off after the new pair was proved: it is finished");
  }
}

link::DeskRequest request_of(const std::string& site) {
  link::DeskRequest request;
  request.set_protocol(link::kDeskProtocol);
  request.set_site(site);
  request.set_agent_version(ICOM_VERSION);
  return request;
}

std::string ask_for_token(const config::SiteSettings& site, const ssh::PrivateKey& key,
                          const Surroundings& around) {
  const std::string token = forward::read_own_token(site.tunnel);
  const std::string public_key = key.public_key().text();
  const auto signature = key.sign(link::signed_text(site.site, token, public_key));
  link::DeskRequest request = request_of(site.site);
  request.mutable_rotate()->set_public_key(public_key);
  request.mutable_rotate()->set_signature(signature.data(), signature.size());
  link::DeskAnswer answer;
  try {
    answer = around.ask(site.tunnel, request, link::secret_of_token(token));
  } catch (const LinkFailure& failure) {
    if (failure.kind != forward::FailureKind::authentication) throw;
    throw EnrolmentError(std::string(failure.what()) +
                         ". Nothing was changed. A site that was revoked has nothing that could be "
                         "renewed: have icom-gateway add-site " +
                         site.site + " --again run there, and enrol with the file that it makes");
  }
  if (answer.has_refused())
    throw EnrolmentError("the gateway refuses: " + text_of(answer.refused()));
  if (!answer.has_rotated()) throw EnrolmentError("the gateway's answer is no rotation");
  if (!config::is_secret(answer.rotated().token())) throw EnrolmentError(kBadToken);
  return answer.rotated().token();
}

void finish(const config::SiteSettings& site, const std::string& token, const ssh::PublicKey& key,
            const Surroundings& around) {
  link::DeskRequest request = request_of(site.site);
  request.mutable_finish_rotation()->set_public_key(key.text());
  const std::string unfinished =
      "the new key and token are in use, but the gateway could not be told to forget the old ones: "
      "run icom-agent rotate again. ";
  link::DeskAnswer answer;
  try {
    answer = around.ask(site.tunnel, request, link::secret_of_token(token));
  } catch (const LinkFailure& failure) {
    throw EnrolmentError(unfinished + failure.what());
  }
  if (answer.has_refused()) throw EnrolmentError(unfinished + text_of(answer.refused()));
}

}  // namespace

void rotate(const config::SiteSettings& site, const Surroundings& around) {
  const config::TunnelSettings& tunnel = site.tunnel;
  const auto alone = os::lock_beside(around.files, tunnel.key);
  finish_or_undo_the_last(tunnel, around);

  const auto next_key = next_of(tunnel.key);
  const auto next_token = next_of(tunnel.token_file);
  const ssh::PrivateKey key = key_in(around.files, next_key, "icom site " + site.site);
  const std::string token = ask_for_token(site, key, around);
  around.say("ok", "the gateway takes the new key " + key.public_key().fingerprint() +
                       " and a new token, beside those in use");
  write_private(around.files, next_token, token + '\n');

  config::TunnelSettings with_new = tunnel;
  with_new.key = next_key;
  around.try_link(with_new, {site.site, token, ICOM_VERSION, tunnel.gateway.text()});
  around.say("ok", "the gateway welcomes this site with the new pair");

  replace(around.files, next_key, tunnel.key);
  replace(around.files, next_token, tunnel.token_file);
  around.say("ok", "replaced " + os::utf8(tunnel.key) + " and " + os::utf8(tunnel.token_file));
  finish(site, token, key.public_key(), around);
  around.say("ok", "the gateway has forgotten the old ones");
}

}  // namespace icom::enrol
