#include "gateway/cli/site_listing.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "common/config/name.hpp"
#include "common/config/site_settings.hpp"
#include "common/os/lock_holder.hpp"
#include "common/os/users.hpp"
#include "common/zone/time_zone.hpp"
#include "gateway/cli/linac_clocks.hpp"
#include "gateway/cli/linac_time_text.hpp"
#include "gateway/cli/text_table.hpp"
#include "gateway/registration/connection_book.hpp"
#include "gateway/store/store_files.hpp"

namespace icom::cli {

namespace {

using Json = nlohmann::ordered_json;
using registration::SiteConnection;

constexpr std::int64_t kUsOfASecond = 1'000'000;
/// A gateway that has not said it for so long cannot write it down, or hangs.
constexpr std::int64_t kTooOldUs =
    std::chrono::microseconds(2 * registration::kSeenAgain + std::chrono::seconds(30)).count();

struct ListedSite {
  std::string name;
  std::vector<std::string> linacs;
  std::optional<TimeZone> zone;
  std::optional<SiteConnection> connection;  ///< nullopt: none was ever noted
  std::optional<bool> is_connected;          ///< nullopt: nobody knows

  /// As clocks at the site show it; in UTC where its file names no zone that is known.
  [[nodiscard]] ZonedTime at_site(std::int64_t us) const {
    const std::int64_t utc = us / kUsOfASecond;
    const std::int64_t offset = zone ? zone->offset_at(utc) : 0;
    return {utc + offset, offset};
  }
  [[nodiscard]] std::optional<ZonedTime> since() const {
    return is_connected == true ? std::optional(at_site(connection->since_us)) : std::nullopt;
  }
  [[nodiscard]] std::optional<ZonedTime> last() const {
    return connection ? std::optional(at_site(connection->seen_us)) : std::nullopt;
  }
};

std::vector<std::string> site_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().stem().string();
    if (at->path().extension() == ".yaml" && config::parse_name(name)) names.push_back(name);
  }
  if (error) {
    throw std::runtime_error("cannot read " + folder.string() + ": " + error.message());
  }
  std::ranges::sort(names);
  return names;
}

/// What was noted of a gateway that has ended since is no longer so.
std::optional<bool> connected_now(const std::optional<SiteConnection>& noted, bool gateway_runs,
                                  std::int64_t now_us) {
  if (!noted || !noted->is_connected || !gateway_runs) return false;
  const std::int64_t age = now_us - noted->seen_us;
  return age > kTooOldUs ? std::nullopt : std::optional(true);
}

std::vector<ListedSite> listed_sites(const Sources& sources, std::int64_t now_us) {
  registration::SiteConnections connections;
  {
    const os::ActingForOwner owner(sources.registration);
    connections = registration::read_connections(sources.registration);
  }
  const bool runs = os::lock_process(store::lock_file(sources.store)).has_value();
  std::vector<ListedSite> sites;
  for (const std::string& name : site_names(sources.sites)) {
    const auto settings = config::readable_part_of_site(sources.sites / (name + ".yaml"));
    ListedSite& site = sites.emplace_back();
    site.name = name;
    for (const config::LinacSettings& linac : settings.linacs) site.linacs.push_back(linac.serial);
    site.zone = TimeZone::find(settings.timezone);
    const auto noted = connections.find(name);
    if (noted != connections.end()) site.connection = noted->second;
    site.is_connected = connected_now(site.connection, runs, now_us);
  }
  return sites;
}

void put_moment(Json& object, const std::string& key, const std::optional<ZonedTime>& time) {
  object[key] = time ? Json(linac_time_iso(time->local)) : Json(nullptr);
  if (time) {
    put_utc(object, key, *time);
  } else {
    object[key + "_utc"] = nullptr;
    object[key + "_offset"] = nullptr;
  }
}

Json site_json(const ListedSite& site) {
  Json object;
  object["site"] = site.name;
  object["linacs"] = site.linacs;
  object["connected"] = site.is_connected ? Json(*site.is_connected) : Json(nullptr);
  put_moment(object, "connected_since", site.since());
  put_moment(object, "last_connected", site.last());
  return object;
}

std::vector<std::string> site_row(const ListedSite& site) {
  const auto listed = [](const std::optional<ZonedTime>& time) {
    return time ? zoned_listed(*time) : std::string("-");
  };
  const bool is_here = site.is_connected == true;
  return {site.name, std::to_string(site.linacs.size()),
          !site.is_connected ? "not known"
          : is_here          ? "yes"
                             : "no",
          listed(site.since()), is_here ? "now" : listed(site.last())};
}

}  // namespace

void list_sites(const Sources& sources, std::int64_t now_us, bool json, std::ostream& out) {
  using enum TextTable::Align;
  TextTable table({{"site"}, {"linacs", right}, {"connected"}, {"since"}, {"last connected"}});
  for (const ListedSite& site : listed_sites(sources, now_us)) {
    if (json) {
      out << site_json(site).dump() << '\n';
    } else {
      table.add(site_row(site));
    }
  }
  if (!json) table.print(out);
}

}  // namespace icom::cli
