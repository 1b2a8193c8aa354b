#include "gateway/serve/readers_group.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

#include "common/os/limited_thread.hpp"

namespace icom::serve {

namespace {

/// For a directory service that works: the gateway does not listen before.
constexpr std::chrono::seconds kGroupAnswerTime{2};

/// As systemd.exec(5) has it: the folders that it has made, with a colon between.
std::optional<std::filesystem::path> readers_socket(const config::GatewaySettings& settings) {
  if (settings.readers_socket) return settings.readers_socket;
  const char* const made = std::getenv("RUNTIME_DIRECTORY");
  if (made == nullptr) return std::nullopt;
  const std::string folders = made;
  return std::filesystem::path(folders.substr(0, folders.find(':'))) / "readers.sock";
}

}  // namespace

ReadersGroup readers_group(const config::GatewaySettings& settings) {
  using Group = std::optional<os::UserId>;
  ReadersGroup readers;
  readers.group = os::answer_within<Group>(kGroupAnswerTime, "groups",
                                           [name = settings.readers]() noexcept -> Group {
                                             try {
                                               return os::group_id(name);
                                             } catch (const std::exception&) {
                                               return std::nullopt;
                                             }
                                           })
                      .value_or(std::nullopt);
  readers.has_us = readers.group && os::is_own_group(*readers.group);
  return readers;
}

std::string readers_fault(const config::GatewaySettings& settings, const ReadersGroup& readers) {
  if (!readers.group) {
    if (settings.readers == config::kUsualReaders) return {};
    return "this machine has no group " + settings.readers +
           ", or its directory service does not answer: correct `readers`, or groupadd --system " +
           settings.readers;
  }
  if (readers.has_us) return {};
  const std::string us = os::user_name_within(kGroupAnswerTime, os::own_user());
  return "account " + us + " is not in group " + settings.readers +
         ", so its members can neither read new files of the archive nor ask the gateway: usermod "
         "-aG " +
         settings.readers + " " + us + ", then systemctl restart icom-gateway";
}

std::unique_ptr<readers::ReaderServer> serve_readers(const config::GatewaySettings& settings,
                                                     const ReadersGroup& readers) {
  if (!readers.group || !readers.has_us) return nullptr;
  const auto socket = readers_socket(settings);
  if (!socket) {
    spdlog::warn(
        "readers: group {} cannot ask this gateway: the service manager has made no folder for a "
        "socket (RuntimeDirectory=icom-gateway), and readers_socket names none",
        settings.readers);
    return nullptr;
  }
  try {
    auto server = std::make_unique<readers::ReaderServer>(
        *socket, *readers.group, settings.store, settings.sites_folder, settings.registration);
    spdlog::info("readers: group {} may ask at {}", settings.readers, socket->string());
    return server;
  } catch (const std::system_error& error) {
    spdlog::warn("readers: group {} cannot ask this gateway: {}", settings.readers, error.what());
    return nullptr;
  }
}

}  // namespace icom::serve
