// Where the live files of a Linac go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/store_reader.hpp"

namespace icom::archive {

/// (site, serial) -> the Linac's address without its port. A Linac that is not in here gets no live
/// files.
using Hosts = std::map<std::pair<std::string, std::string>, std::string>;

/// By Linac, relative to the archive's folder: `live/<address>`, as PyMedPhys looks for it, below
/// the site's folder if each has its own. Where several Linacs in one tree have an address (sites
/// with the same private one, or Linacs on several ports of one), it belongs to the one that was
/// registered first. The first of another site has `live/<address>~<site>`, any further one of a
/// site `live/<address>~<site>~<serial>`, in its site's own folder `live/<address>~<serial>`. Who
/// gets none is not in it.
std::map<std::int64_t, std::filesystem::path> live_folders(std::vector<store::LinacRow> linacs,
                                                           const Hosts& hosts, bool per_site);

/// Addresses that Linacs of more than one site have, each with those sites.
std::map<std::string, std::vector<std::string>> shared_addresses(const Hosts& hosts);
/// (site, address) where several Linacs of the site have it, each with their serials.
std::map<std::pair<std::string, std::string>, std::vector<std::string>> addresses_shared_in_a_site(
    const Hosts& hosts);

}  // namespace icom::archive
