#include "gateway/serve/running_gateway.hpp"

#include <utility>

#include "common/os/lock_holder.hpp"
#include "gateway/store/store_files.hpp"

namespace icom::serve {

std::optional<std::int64_t> gateways_process(const std::filesystem::path& store) {
  return os::lock_process(store::lock_file(store));
}

std::optional<RunningGateway> running_gateway(const std::filesystem::path& store) {
  const auto process = gateways_process(store);
  auto account = process ? os::account_of_process(*process) : std::nullopt;
  if (!account) return std::nullopt;
  return RunningGateway{*process, std::move(*account)};
}

}  // namespace icom::serve
