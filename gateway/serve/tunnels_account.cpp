#include "gateway/serve/tunnels_account.hpp"

#include <spdlog/spdlog.h>

#include <exception>

#include "common/os/limited_thread.hpp"

namespace icom::serve {

namespace {

std::optional<os::UserId> account_named(const std::string& name) {
  using Account = std::optional<os::UserId>;
  return os::answer_within<Account>(std::chrono::seconds(2), "accounts",
                                    [name]() noexcept -> Account {
                                      try {
                                        return os::user_id(name);
                                      } catch (const std::exception&) {
                                        return std::nullopt;
                                      }
                                    })
      .value_or(std::nullopt);
}

}  // namespace

TunnelsAccount::TunnelsAccount() : TunnelsAccount(account_named) {}

void TunnelsAccount::set(const config::GatewaySettings& settings, Time now) {
  const auto name = settings.tunnel ? std::optional(settings.tunnel->user) : std::nullopt;
  if (name == name_) return;
  name_ = name;
  account_ = name_ ? look_up_(*name_) : std::nullopt;
  looked_ = now;
  if (!name_ || account_) return;
  spdlog::warn(
      "tunnel.user {}: this machine knows no such account, or its directory service does not "
      "answer: until it does, or a site has proved itself, other accounts of this machine can keep "
      "sites from the ingest (docs/security.md); looked for again each minute. Correct "
      "tunnel.user, "
      "unless sshd is on another machine",
      *name_);
}

bool TunnelsAccount::look_again(Time now) {
  if (!name_ || account_ || now - looked_ < kLookAgain) return false;
  account_ = look_up_(*name_);
  looked_ = now;
  if (!account_) return false;
  spdlog::info("tunnel.user {}: it is account {} of this machine", *name_, *account_);
  return true;
}

}  // namespace icom::serve
