// The first field of a line of known_hosts: whom it names.
#pragma once

#include <string>
#include <string_view>

namespace icom::ssh {

/// Whether one entry of the field names the host `name` (`host` or `[host]:port`): a name, a
/// pattern with `*` and `?`, or `|1|SALT|HASH`. Without a leading `!`. Letters count alike, but
/// within a hash. As OpenSSH reads them: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". In time that grows
/// with the product of both lengths at most.
[[nodiscard]] bool is_named_by(std::string_view entry, const std::string& name);

/// Whether the whole field does: one of its entries, separated by commas, names the host, and none
/// that begins with `!` does. `[host]:22` stands for `host`.
[[nodiscard]] bool is_host_of(std::string_view field, const std::string& name);

}  // namespace icom::ssh
