// Whose the connections are that come out of the tunnels.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "common/config/gateway_settings.hpp"
#include "common/os/users.hpp"

namespace icom::serve {

/// The account of this machine that `tunnel.user` is. For one thread.
class TunnelsAccount {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// nullopt if this machine has no such account (the sshd may be elsewhere), or its directory
  /// service does not answer.
  using LookUp = std::function<std::optional<os::UserId>(const std::string& name)>;
  static constexpr std::chrono::minutes kLookAgain{1};

  /// The machine's own, which is waited for for two seconds at most.
  TunnelsAccount();
  explicit TunnelsAccount(LookUp look_up) : look_up_(std::move(look_up)) {}

  /// Looks it up if the settings name another one than before, and logs if it is not known.
  void set(const config::GatewaySettings& settings, Time now);
  /// Looks again each kLookAgain as long as it is not known. True if it is now, which is logged.
  bool look_again(Time now);
  /// nullopt if the settings name none, or it is not known.
  [[nodiscard]] std::optional<os::UserId> account() const { return account_; }

 private:
  LookUp look_up_;
  std::optional<std::string> name_;
  std::optional<os::UserId> account_;
  Time looked_{};
};

}  // namespace icom::serve
