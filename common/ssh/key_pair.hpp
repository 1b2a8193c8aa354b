// Making an Ed25519 key pair.
#pragma once

#include <string>

#include "common/ssh/public_key.hpp"

namespace icom::ssh {

struct KeyPair {
  std::string private_key;  ///< the text of a file in OpenSSH's format, without a passphrase
  PublicKey public_key;
};

/// By OpenSSL, from the operating system's randomness; no program needs to be there for it.
/// `comment` names the key for whoever looks at the file. Throws std::runtime_error.
KeyPair make_key_pair(const std::string& comment);

}  // namespace icom::ssh
