// libssh2 as a library: its global state, and its handles as C++ owners.
#pragma once

#include <libssh2.h>

#include <memory>
#include <string>
#include <string_view>

namespace icom::ssh {

/// libssh2_init() once per program, from whichever thread comes first. There is no exit: at the end
/// of the program other statics may still hold sessions.
void initialise_library();

/// Text of the session's last error; empty if it has none.
[[nodiscard]] std::string last_error_text(LIBSSH2_SESSION* session);

/// Host key algorithms that are usable with libssh2 1.10 and a current sshd. RSA is not:
/// libssh2 1.10 verifies it with SHA-1 only.
struct HostKeyType {
  const char* name;  ///< as on the wire and in known_hosts
  int of_session;    ///< LIBSSH2_HOSTKEY_TYPE_...
};
inline constexpr HostKeyType kHostKeyTypes[] = {
    {"ssh-ed25519", LIBSSH2_HOSTKEY_TYPE_ED25519},
    {"ecdsa-sha2-nistp256", LIBSSH2_HOSTKEY_TYPE_ECDSA_256},
    {"ecdsa-sha2-nistp384", LIBSSH2_HOSTKEY_TYPE_ECDSA_384},
    {"ecdsa-sha2-nistp521", LIBSSH2_HOSTKEY_TYPE_ECDSA_521},
};

}  // namespace icom::ssh
