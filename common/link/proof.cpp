#include "common/link/proof.hpp"

#include "common/icom/bytes.hpp"
#include "common/link/keyed_hash.hpp"

namespace icom::link {
namespace {

/// Each part behind its length, so that no two transcripts have the same bytes.
void append_part(ByteVector& to, std::string_view part) {
  append_little_endian(to, static_cast<std::uint32_t>(part.size()));
  append(to, as_bytes(part));
}

/// A key or a proof of its own for each label.
std::string derived(std::string_view label, std::string_view secret, const Transcript& transcript) {
  ByteVector message;
  append_part(message, label);
  append_part(message, transcript.purpose);
  append_little_endian(message, transcript.protocol);
  for (const std::string* part :
       {&transcript.site, &transcript.agent_nonce, &transcript.gateway_nonce,
        &transcript.agent_share, &transcript.gateway_share}) {
    append_part(message, *part);
  }
  return std::string(as_view(hmac_sha256(secret, as_text(message))));
}

}  // namespace

std::string make_nonce() {
  return random_bytes(kNonceBytes);
}

std::string proof_of(Role role, std::string_view secret, const Transcript& transcript) {
  return derived(role == Role::agent ? "proof of the agent" : "proof of the gateway", secret,
                 transcript);
}

bool proves(std::string_view proof, Role role, std::string_view secret,
            const Transcript& transcript) {
  return equal_in_constant_time(proof, proof_of(role, secret, transcript));
}

std::optional<std::string> proved_secret(std::string_view proof,
                                         const std::vector<std::string>& secrets,
                                         const Transcript& transcript) {
  std::optional<std::string> proved;
  for (const std::string& secret : secrets) {
    if (proves(proof, Role::agent, secret, transcript)) proved = secret;
  }
  return proved;
}

std::string session_key(Role sender, std::string_view secret, const Transcript& transcript) {
  return derived(sender == Role::agent ? "key of the agent" : "key of the gateway", secret,
                 transcript);
}

}  // namespace icom::link
