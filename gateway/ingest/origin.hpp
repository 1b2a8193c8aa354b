// Where a connection comes from, before its peer has proved anything.
#pragma once

#include <optional>

#include "common/os/users.hpp"

namespace icom::ingest {

struct Origin {
  /// Of this machine; nullopt if the peer is elsewhere, or nobody can say.
  std::optional<os::UserId> account{};
  bool is_known = false;  ///< sites come from this account: KnownAccounts
};

}  // namespace icom::ingest
