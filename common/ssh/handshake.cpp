#include "common/ssh/handshake.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/os/path_text.hpp"
#include "common/ssh/base64.hpp"
#include "common/ssh/deadline.hpp"
#include "common/ssh/library.hpp"
#include "common/ssh/way_text.hpp"

namespace icom::ssh {
namespace {

// The best that libssh2 1.10 can do; what it does not know of these lists it skips. It has neither
// AES-GCM, ChaCha20 nor encrypt-then-MAC, so docs/protocol.md tells which lines an sshd needs that
// was hardened to only those.
constexpr const char* kKeyExchanges =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
    "ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
    "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
constexpr const char* kCiphers = "aes256-ctr";
constexpr const char* kMacs = "hmac-sha2-256,hmac-sha2-512";

void prefer(Engine& engine, int method, const char* names) {
  const int code = libssh2_session_method_pref(engine.session(), method, names);
  if (code != 0) throw engine.explain(code, std::string("choosing algorithms ") + names);
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ",") + name;
  return all;
}

std::vector<std::string> all_host_key_types() {
  std::vector<std::string> names;
  for (const HostKeyType& type : kHostKeyTypes) names.emplace_back(type.name);
  return names;
}

struct HostKey {
  std::string type;
  std::span<const char> bytes;
  std::string fingerprint;
};

HostKey offered_host_key(LIBSSH2_SESSION* session) {
  std::size_t size = 0;
  int type = 0;
  const char* const bytes = libssh2_session_hostkey(session, &size, &type);
  HostKey key{"of an unknown type", {bytes, bytes == nullptr ? 0 : size}, "none"};
  for (const HostKeyType& known : kHostKeyTypes) {
    if (known.of_session == type) key.type = known.name;
  }
  constexpr std::size_t kSha256Bytes = 32;
  if (const char* const hash = libssh2_hostkey_hash(session, LIBSSH2_HOSTKEY_HASH_SHA256)) {
    const std::vector<std::uint8_t> digest(hash, hash + kSha256Bytes);
    key.fingerprint = "SHA256:" + base64_encode(digest);
  }
  return key;
}

void check_host_key(const Engine& engine, const Settings& settings, const KnownHosts& known_hosts,
                    const KnownHosts::Pins& pins) {
  const HostKey key = offered_host_key(engine.session());
  if (known_hosts.trusts(pins.name, key.type, key.bytes)) return;
  const std::string file = os::utf8(known_hosts.file());
  const std::string offer =
      engine.server() + " offers the host key " + key.type + " " + key.fingerprint;
  if (pins.types.empty()) {
    throw Error::of_host_key(
        offer,
        ", and " + file +
            (pins.unusable_only ? " has only keys of other types for it" : " has none for it") +
            ". If the hosting site confirms this fingerprint, add what `ssh-keyscan -p " +
            std::to_string(settings.port) + " " + settings.host + "` prints to that file");
  }
  throw Error::of_host_key(
      offer, ", which is NOT the one pinned in " + file + " for " + pins.name +
                 ": either the server was set up anew, or somebody stands in between. Nothing was "
                 "sent. Ask "
                 "the hosting site; only if it confirms this fingerprint, replace the line");
}

/// As far as can be seen: it has not said its name.
bool is_no_ssh_server(LIBSSH2_SESSION* session) {
  const char* const name = libssh2_session_banner_get(session);
  return name == nullptr || !std::string_view(name).starts_with("SSH-");
}

/// Ends the session when a step takes too long; the step then throws.
class StepLimit {
 public:
  StepLimit(Engine& engine, Deadline::Clock::time_point until, std::chrono::milliseconds limit,
            const std::string& step)
      : deadline_(engine.executor(), Deadline::earlier(until, limit),
                  [weak = engine.weak_from_this(), step] {
                    const auto self = weak.lock();
                    if (!self) return;
                    self->end(Error(Category::timeout,
                                    is_no_ssh_server(self->session())
                                        ? no_ssh_text(self->server(), false)
                                        : self->server() + ": " + step + " took too long"));
                  }) {}

 private:
  Deadline deadline_;
};

}  // namespace

boost::asio::awaitable<void> shake_hands(Engine& engine, const Settings& settings,
                                         const KnownHosts& known_hosts,
                                         std::chrono::steady_clock::time_point until) {
  const KnownHosts::Pins pins = known_hosts.pins_of(settings.host, settings.port);
  // Only what is pinned: a server with several keys must show the one that can be checked. An
  // unknown server may show any, for the sake of the error that names it.
  const std::string types = joined(pins.types.empty() ? all_host_key_types() : pins.types);
  prefer(engine, LIBSSH2_METHOD_HOSTKEY, types.c_str());
  prefer(engine, LIBSSH2_METHOD_KEX, kKeyExchanges);
  prefer(engine, LIBSSH2_METHOD_CRYPT_CS, kCiphers);
  prefer(engine, LIBSSH2_METHOD_CRYPT_SC, kCiphers);
  prefer(engine, LIBSSH2_METHOD_MAC_CS, kMacs);
  prefer(engine, LIBSSH2_METHOD_MAC_SC, kMacs);

  const StepLimit limit(engine, until, settings.limits.handshake, "the SSH handshake");
  const auto socket = engine.wire().socket().native_handle();
  LIBSSH2_SESSION* const session = engine.session();
  const int code = co_await engine.until_done(
      [session, socket] { return libssh2_session_handshake(session, socket); });
  if (code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE) {
    throw Error(Category::protocol,
                engine.server() +
                    ": no common algorithms; the server must allow one of the key exchanges " +
                    kKeyExchanges + " (KexAlgorithms in its sshd_config), the cipher " + kCiphers +
                    ", one of the MACs " + kMacs + ", and have a host key of type " + types);
  }
  if (code != 0 && is_no_ssh_server(session)) {
    throw Error(engine.explain(code, "shaking hands").category(),
                no_ssh_text(engine.server(), true));
  }
  if (code != 0) throw engine.explain(code, "shaking hands");
  check_host_key(engine, settings, known_hosts, pins);
}

boost::asio::awaitable<void> authenticate(Engine& engine, const Settings& settings,
                                          const PrivateKey& key,
                                          std::chrono::steady_clock::time_point until) {
  const StepLimit limit(engine, until, settings.limits.authenticate, "authentication");
  LIBSSH2_SESSION* const session = engine.session();
  const std::string& user = settings.user;
  const std::string& text = key.text();
  const int code = co_await engine.until_done([session, &user, &text] {
    return libssh2_userauth_publickey_frommemory(session, user.c_str(), user.size(), nullptr, 0,
                                                 text.c_str(), text.size(), nullptr);
  });
  if (code == LIBSSH2_ERROR_AUTHENTICATION_FAILED || code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
    throw Error(Category::authentication,
                engine.server() + " does not let user " + user + " in with key " +
                    os::utf8(settings.key) +
                    "; the hosting site has not enrolled it, or has revoked it since; where that "
                    "account's authorized_keys is kept by hand, its .pub must stand there (sshd's "
                    "log there says why)");
  }
  if (code == LIBSSH2_ERROR_FILE || code == LIBSSH2_ERROR_METHOD_NONE) {
    throw Error(Category::settings, "private key " + os::utf8(settings.key) +
                                        ": libssh2 can not use it: " + last_error_text(session));
  }
  if (code != 0) throw engine.explain(code, "authenticating");
}

}  // namespace icom::ssh
