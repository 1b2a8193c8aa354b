#include "gateway/serve/running_gateway.hpp"

#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/os/lock_holder.hpp"
#include "common/os/open_files.hpp"
#include "common/os/process_command.hpp"
#include "gateway/serve/gateway_unit.hpp"
#include "gateway/store/store_files.hpp"

namespace icom::serve {

std::optional<std::int64_t> gateways_process(const std::filesystem::path& store) {
  return os::lock_process(store::lock_file(store));
}

std::optional<std::int64_t> started_gateway(const std::filesystem::path& config) {
  for (const std::int64_t process : os::processes()) {
    if (is_gateway_with(config, os::process_command(process))) return process;
  }
  return std::nullopt;
}

std::optional<bool> has_store(std::int64_t process, const std::filesystem::path& store) {
  const auto database = store::database_file(store);
  const auto has_it = os::has_open(process, database);
  if (!has_it || !*has_it) return has_it;
  // Beside a database file that is itself a link there is none.
  const std::filesystem::path wal = database.string() + "-wal";
  std::error_code unknown;
  return std::filesystem::exists(wal, unknown) ? os::has_open(process, wal) : true;
}

std::string without_store_text(std::int64_t process, const std::filesystem::path& store) {
  const std::string number = std::to_string(process);
  return "process " + number + " runs, and what it has open is not what " +
         store::database_file(store).string() +
         " names: that was removed, moved or replaced under it (or `store` was changed since it "
         "began: "
         "then restart it). It takes nothing from agents, whose "
         "spools keep everything; its log says what to do (journalctl -u icom-gateway). If its "
         "disk "
         "is not mounted, or it was moved, bring that very store back, and it goes on by itself. "
         "Put "
         "no backup there while it runs; and where the store was deleted this process has its last "
         "copy (ls -l /proc/" +
         number +
         "/fd): do not end it before that is copied (docs/storage.md, \"A store that is "
         "taken away\")";
}

std::optional<RunningGateway> running_gateway(const std::filesystem::path& store) {
  const auto process = gateways_process(store);
  auto account = process ? os::account_of_process(*process) : std::nullopt;
  if (!account) return std::nullopt;
  return RunningGateway{*process, std::move(*account)};
}

}  // namespace icom::serve
