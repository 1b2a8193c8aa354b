// Which stores were made once: a lost one must not be taken for a first start.
#pragma once

#include <filesystem>
#include <string>

#include "common/config/gateway_settings.hpp"

namespace icom::serve {

/// In the folder of tokens, which is on another disk than the store as a rule, and stays where it
/// is when the store is moved: a path a line.
std::filesystem::path known_stores_file(const config::GatewaySettings& settings);

/// Why the gateway must not start, and what to do: there was a store in this place, and its
/// database is gone, as while its disk is not mounted, or before a backup is put back. A new one
/// would take frames, which sites then delete. Or: whether there was one cannot be read. Empty:
/// there is one, or there never was.
std::string lost_store(const config::GatewaySettings& settings);

/// The same for a command, which is to say so too where a gateway runs that was started with these
/// settings, and whose store was taken away: it may have the last copy.
std::string lost_store_now(const std::filesystem::path& config,
                           const config::GatewaySettings& settings);

/// The same where `registration` is in the store's folder, and so on its disk: what is looked for
/// there would not be found, and what is written would be gone once the disk is mounted. Empty
/// where it is elsewhere.
std::string lost_registration(const config::GatewaySettings& settings);

/// There is a store in this place. Where that cannot be noted, the log says so.
void remember_store(const config::GatewaySettings& settings);

}  // namespace icom::serve
