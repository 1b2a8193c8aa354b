#include "gateway/archive/live_folder.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "gateway/archive/archive_name.hpp"

namespace icom::archive {

namespace {

/// Names on shares, as names of hosts, do not differ by case.
std::string folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::map<std::int64_t, std::filesystem::path> live_folders(std::vector<store::LinacRow> linacs,
                                                           const Hosts& hosts, bool per_site) {
  std::ranges::sort(linacs, {}, &store::LinacRow::id);  // in the order of registration
  std::map<std::int64_t, std::filesystem::path> folders;
  std::set<std::string> taken;
  std::set<std::pair<std::string, std::string>> taken_in_site;
  for (const store::LinacRow& linac : linacs) {
    const auto host = hosts.find({linac.site, linac.serial});
    if (host == hosts.end()) continue;
    const bool is_first = taken.insert(folded(host->second)).second;
    const bool is_first_of_site = taken_in_site.emplace(linac.site, folded(host->second)).second;
    const std::string address = safe_name(host->second);
    const std::string serial = is_first_of_site ? "" : '~' + safe_name(linac.serial);
    const std::string site = is_first ? "" : '~' + linac.site;
    folders[linac.id] =
        per_site ? std::filesystem::path(safe_name(linac.site)) / "live" / (address + serial)
                 : std::filesystem::path("live") / (address + site + serial);
  }
  return folders;
}

std::map<std::string, std::vector<std::string>> shared_addresses(const Hosts& hosts) {
  std::map<std::string, std::vector<std::string>> sites;
  for (const auto& [linac, host] : hosts) {
    auto& of_host = sites[folded(host)];
    if (std::ranges::find(of_host, linac.first) == of_host.end()) of_host.push_back(linac.first);
  }
  std::erase_if(sites, [](const auto& one) { return one.second.size() < 2; });
  return sites;
}

std::map<std::pair<std::string, std::string>, std::vector<std::string>> addresses_shared_in_a_site(
    const Hosts& hosts) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> serials;
  for (const auto& [linac, host] : hosts) {
    serials[{linac.first, folded(host)}].push_back(linac.second);
  }
  std::erase_if(serials, [](const auto& one) { return one.second.size() < 2; });
  return serials;
}

}  // namespace icom::archive
