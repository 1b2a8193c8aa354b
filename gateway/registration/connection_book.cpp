#include "gateway/registration/connection_book.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/config/name.hpp"
#include "common/icom/bytes.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/file_system.hpp"
#include "gateway/registration/places.hpp"

namespace icom::registration {

namespace {

using Json = nlohmann::ordered_json;

/// 10,000 sites have 1 MB.
constexpr std::uint64_t kMaxConnectionsFile = std::uint64_t{4} << 20U;

std::filesystem::path connections_file(const std::filesystem::path& registration) {
  return registration / "connections.json";
}

}  // namespace

SiteConnections read_connections(const std::filesystem::path& registration) {
  auto& files = os::real_file_system();
  const std::filesystem::path file = connections_file(registration);
  std::uint64_t size = 0;
  if (files.file_size(file, size) == std::errc::no_such_file_or_directory) return {};
  const std::string text = os::read_text_file(files, file, kMaxConnectionsFile);
  SiteConnections sites;
  try {
    const Json object = Json::parse(text);
    for (const auto& [site, one] : object.at("sites").items()) {
      if (!config::parse_name(site)) continue;
      sites[site] = {one.at("connected").get<bool>(), one.at("since_us").get<std::int64_t>(),
                     one.at("seen_us").get<std::int64_t>()};
    }
  } catch (const Json::exception&) {
    throw std::runtime_error(file.string() +
                             " is damaged: delete it; sites are noted anew as they connect");
  }
  return sites;
}

void write_connections(const std::filesystem::path& registration, const SiteConnections& sites) {
  Json all = Json::object();
  for (const auto& [site, one] : sites) {
    all[site] = {
        {"connected", one.is_connected}, {"since_us", one.since_us}, {"seen_us", one.seen_us}};
  }
  const std::string text = Json{{"sites", all}}.dump(2) + "\n";
  make_private_folder(registration);
  const std::filesystem::path file = connections_file(registration);
  const auto error = os::write_atomically(os::real_file_system(), file, as_bytes(text));
  if (error) {
    throw std::runtime_error("cannot write " + file.string() + ": " + error.message());
  }
}

}  // namespace icom::registration
