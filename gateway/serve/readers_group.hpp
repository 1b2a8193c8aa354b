// Who may read what is recorded, beside the gateway's own account.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/config/gateway_settings.hpp"
#include "common/os/account.hpp"
#include "gateway/readers/reader_server.hpp"

namespace icom::serve {

/// The group that `readers` names.
struct ReadersGroup {
  std::optional<os::UserId>
      group;            ///< nullopt: this machine has none of that name, or does not say
  bool has_us = false;  ///< this process may give files to it
};

/// Waits for the machine's directory service for two seconds at most.
ReadersGroup readers_group(const config::GatewaySettings& settings);

/// What an administrator is to be told of it; empty if all is well. A group that is not there is no
/// fault if nobody has asked for it.
std::string readers_fault(const config::GatewaySettings& settings, const ReadersGroup& readers);

/// Answers them from now on, at `readers_socket` or where the service manager has made a folder for
/// the gateway. Null where nobody may ask, or it cannot be done, which is logged: all else is
/// served.
std::unique_ptr<readers::ReaderServer> serve_readers(const config::GatewaySettings& settings,
                                                     const ReadersGroup& readers);

}  // namespace icom::serve
