// Why there is no session with the gateway, in a form to branch on and a form to read.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace icom::forward {

/// Few and stable: the status file and scripts use their names.
enum class FailureKind {
  settings,         ///< a file that the settings name cannot be used: key, known_hosts, token
  network,          ///< no way to the hosting site's sshd, or the connection broke
  host_key,         ///< the sshd shows another host key than known_hosts has
  authentication,   ///< the sshd refuses our key
  gateway_away,     ///< the tunnel stands, the gateway does not answer behind it
  refused,          ///< the gateway answered, and refuses us
  not_the_gateway,  ///< what answers gave no proof that it knows this site's token
  protocol,         ///< the gateway sent what it must not
  spool,            ///< the spool cannot be read
};

/// `network`, `host_key`, ...
std::string_view name_of(FailureKind kind);

/// Carries a sentence for the operator: what is wrong and what to do. No patient data, no secret.
class LinkFailure : public std::runtime_error {
 public:
  LinkFailure(FailureKind failure_kind, const std::string& sentence)
      : std::runtime_error(sentence), kind(failure_kind) {}
  FailureKind kind;
  /// Of host_key: which one is offered, and by whom; empty where that is not known.
  std::string offer{};
};

}  // namespace icom::forward
