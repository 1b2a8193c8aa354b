// How the desk's request and its answer are encrypted: the one holds what a site is to be known by,
// the other its new token. No I/O. docs/protocol.md, "The desk".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/link/desk.pb.h"
#include "common/link/proof.hpp"

struct evp_pkey_st;

namespace icom::link {

/// What a site proves to know, and for what.
struct DeskSecret {
  DeskHello::Secret kind = DeskHello::UNSPECIFIED;
  std::string key;
};

/// Of an enrolment file: the SHA-256 of its code, in hexadecimal.
DeskSecret secret_of_code(std::string_view code);
DeskSecret secret_of_token(std::string token);

/// Transcript::purpose of a proof of such a secret.
std::string purpose_of(DeskHello::Secret kind);

/// One end's part of an X25519 exchange, made for one connection. Whoever learns the secret later
/// cannot read what was overheard.
class DeskShare {
 public:
  DeskShare();
  ~DeskShare();
  DeskShare(const DeskShare&) = delete;
  DeskShare& operator=(const DeskShare&) = delete;

  /// What the other end is told: 32 bytes.
  [[nodiscard]] const std::string& public_part() const { return public_part_; }
  /// What both ends then share, and nobody else. Returns nullopt if that is no public part.
  [[nodiscard]] std::optional<std::string> agreed_with(std::string_view public_part) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  std::unique_ptr<evp_pkey_st, Free> key_;
  std::string public_part_;
};

/// Of the one message that `sender` encrypts: HKDF-SHA256 over what was agreed, salted with what
/// only those know who know the secret. The transcript holds both shares.
std::string desk_key(Role sender, std::string_view secret, const Transcript& transcript,
                     std::string_view agreed);

/// AES-256-GCM. A key encrypts one message: the nonce is always the same.
std::string encrypt_once(std::string_view key, std::string_view message);
/// Returns nullopt if it was not encrypted by this key, or has been changed.
std::optional<std::string> decrypt(std::string_view key, std::string_view encrypted);

}  // namespace icom::link
