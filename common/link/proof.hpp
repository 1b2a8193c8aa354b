// How agent and gateway prove to each other that they know one secret, and the keys that they have
// from it. No I/O. docs/protocol.md, "The proof".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace icom::link {

inline constexpr std::size_t kNonceBytes = 32;

enum class Role : std::uint8_t { agent, gateway };

/// What both ends have seen when they prove themselves: a proof of one transcript is of no use for
/// another.
struct Transcript {
  std::string purpose;  ///< kLinkPurpose, or one of the desk's
  std::uint32_t protocol = 0;
  std::string site;
  std::string agent_nonce;
  std::string gateway_nonce;
  std::string agent_share{};  ///< desk_seal.hpp; empty on the link
  std::string gateway_share{};
};

inline constexpr const char* kLinkPurpose = "icom link";

/// Unpredictable, and never the same again.
std::string make_nonce();

/// What `role` says to prove that it knows `secret`: HMAC-SHA256, 32 bytes.
std::string proof_of(Role role, std::string_view secret, const Transcript& transcript);

/// Takes the same time wherever the proof is wrong.
bool proves(std::string_view proof, Role role, std::string_view secret,
            const Transcript& transcript);

/// The one of `secrets` under which this is the agent's proof.
std::optional<std::string> proved_secret(std::string_view proof,
                                         const std::vector<std::string>& secrets,
                                         const Transcript& transcript);

/// Of what `sender` sends once both have proved themselves; 32 bytes.
std::string session_key(Role sender, std::string_view secret, const Transcript& transcript);

}  // namespace icom::link
