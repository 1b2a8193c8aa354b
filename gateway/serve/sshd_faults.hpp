// Whether the sshd's settings let sites in, and nothing else: deploy/sshd/icom.conf.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/config/gateway_settings.hpp"
#include "common/os/login.hpp"
#include "gateway/serve/sshd_settings.hpp"

namespace icom::serve {

/// One thing that is not as it has to be, or not as the guide has it, and what to do.
struct SshdFinding {
  bool is_fault = true;  ///< certain to keep a site out, or to let one do more than it may
  std::string text;

  bool operator==(const SshdFinding&) const = default;
};

/// What they say of how the account's keys are found. `settings.tunnel` is set. `asks_as`: the
/// account that may read the list of keys, by name; empty if nobody knows.
std::vector<SshdFinding> key_findings(const SshdSettings& sshd,
                                      const config::GatewaySettings& settings,
                                      const std::string& asks_as);
/// Whether the account is a member of a group; nullopt if nobody knows.
using GroupMember = std::function<std::optional<bool>(const std::string& group)>;
/// Whether the account may log in at all, as far as these settings decide that.
std::vector<SshdFinding> login_findings(const SshdSettings& sshd, const std::string& user,
                                        const os::Login& login, const GroupMember& is_member);
/// Whether sites reach the ingest and their forwards work.
std::vector<SshdFinding> forwarding_findings(const SshdSettings& sshd,
                                             const config::GatewaySettings& settings);
/// What else the account may do, which it has no need of, and what keeps others from the sites'
/// places.
std::vector<SshdFinding> confinement_findings(const SshdSettings& sshd);

/// The program that sshd asks for keys; empty if it asks none.
std::filesystem::path key_program(const SshdSettings& sshd);

}  // namespace icom::serve
