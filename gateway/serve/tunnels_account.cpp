#include "gateway/serve/tunnels_account.hpp"

#include <chrono>
#include <exception>

#include "common/os/limited_thread.hpp"

namespace icom::serve {

std::optional<os::UserId> tunnels_account(const config::GatewaySettings& settings) {
  using Account = std::optional<os::UserId>;
  if (!settings.tunnel) return std::nullopt;
  return os::answer_within<Account>(
             std::chrono::seconds(2), "accounts",
             [name = settings.tunnel->user]() noexcept -> Account {
               try {
                 return os::user_id(name);
               } catch (const std::exception&) {  // it is known once a site has proved itself
                 return std::nullopt;
               }
             })
      .value_or(std::nullopt);
}

}  // namespace icom::serve
