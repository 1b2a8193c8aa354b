// `icom-gateway pending`, `approve`, `reject`: Linacs that a site has told of.
#pragma once

#include <iosfwd>
#include <string>

#include "common/config/gateway_settings.hpp"
#include "gateway/pending/pending_linacs.hpp"

namespace icom::cli {

/// Those that no site's file has. A table, or one JSON object a line. Whatever keeps some from
/// being listed, such as a site's file with an error, is said on `errors` with what to do, and the
/// rest is listed; gives how many such things there are.
std::size_t list_pending(const config::GatewaySettings& settings,
                         const pending::PendingLinacs& pending, bool json, std::ostream& out,
                         std::ostream& errors);

/// Writes the Linac into the site's file at the gateway. Throws std::invalid_argument if it does
/// not wait, another site has it, or the file has no room for it (with file and line), and what
/// config::with_linac() and write_edit() throw; it waits on then.
void approve(const config::GatewaySettings& settings, pending::PendingLinacs& pending,
             const std::string& site, const std::string& serial, std::ostream& out);
/// All that wait at a site and were not rejected. Gives how many could not be; each is said on
/// `errors`.
std::size_t approve_all(const config::GatewaySettings& settings, pending::PendingLinacs& pending,
                        const std::string& site, std::ostream& out, std::ostream& errors);
/// Throws std::invalid_argument if it does not wait.
void reject(pending::PendingLinacs& pending, const std::string& site, const std::string& serial,
            std::ostream& out);

}  // namespace icom::cli
