#include "gateway/cli/known_names.hpp"

#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

#include "common/config/site_settings.hpp"
#include "gateway/cli/shown_text.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::cli {

namespace {

struct Names {
  std::set<std::string> sites;
  std::set<std::string> linacs;  // of the site that was asked for, or of all
};

Names known_names(const readers::ReaderRequest& request, const Sources& sources) {
  Names names;
  const auto add = [&](const std::string& site, const std::string& serial) {
    names.sites.insert(site);
    if (!request.site || *request.site == site) names.linacs.insert(serial);
  };
  for (const store::LinacRow& linac : store::StoreReader(sources.store).linacs()) {
    add(linac.site, linac.serial);
  }
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator(sources.sites, unreadable)) {
    if (entry.path().extension() != ".yaml") continue;
    names.sites.insert(entry.path().stem().string());
    for (const auto& linac : config::readable_part_of_site(entry.path()).linacs) {
      add(entry.path().stem().string(), linac.serial);
    }
  }
  return names;
}

void require(const std::string& what, const std::optional<std::string>& name,
             const std::set<std::string>& known) {
  if (!name || known.contains(*name)) return;
  std::string all;
  for (const std::string& one : known) all += (all.empty() ? "" : ", ") + to_terminal(one);
  throw std::invalid_argument("there is no " + what + " '" + *name + "'; there is " +
                              (all.empty() ? "none yet" : all));
}

}  // namespace

void require_known(const readers::ReaderRequest& request, const Sources& sources) {
  if (!request.site && !request.linac) return;
  const Names names = known_names(request, sources);
  require("site", request.site, names.sites);
  require(request.site ? "Linac of site " + *request.site : "Linac", request.linac, names.linacs);
}

}  // namespace icom::cli
