#include "gateway/pymedphys/config_toml.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "common/config/site_file_edit.hpp"
#include "gateway/pymedphys/toml_document.hpp"

namespace icom::pymedphys {

namespace {

constexpr const char* kSite = "site";
constexpr const char* kLinac = "linac";
constexpr const char* kExportDirectories = "export-directories";
constexpr const char* kIcom = "icom";
constexpr const char* kPatientDirectories = "patient_directories";

constexpr const char* kSiteHeader = "[[site]]";
constexpr const char* kLinacHeader = "[[site.linac]]";
constexpr const char* kExportDirectoriesHeader = "[site.export-directories]";

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Of `[site.export-directories]`.
Pairs directories(const PyMedPhysSettings& ours, const SiteEntry& site) {
  const auto& folders = site.folders ? site.folders : ours.folders;
  if (!folders) return {};
  Pairs pairs{{"icom", folders->root}};
  if (folders->live) pairs.emplace_back("icom_live", *folders->live);
  return pairs;
}

/// Of `[icom]`: where PyMedPhys looks for a patient.
std::vector<std::string> patient_directories(const PyMedPhysSettings& ours) {
  std::vector<std::string> all;
  if (ours.folders) all.push_back(ours.folders->patients);
  for (const SiteEntry& site : ours.sites) {
    if (site.folders) all.push_back(site.folders->patients);
  }
  return all;
}

Pairs pairs_of(const LinacEntry& linac) {
  return {{"name", linac.name}, {"ip", linac.ip}};
}

/// The first element of this name.
std::optional<std::size_t> find(const toml::array& array, const std::string& name) {
  for (std::size_t i = 0; i < array.size(); ++i) {
    const toml::table* table = array.get(i)->as_table();
    if (table != nullptr && (*table)["name"].value_exact<std::string>() == name) return i;
  }
  return std::nullopt;
}

bool holds(const toml::array& array, const std::string& value) {
  return std::any_of(array.begin(), array.end(), [&value](const toml::node& node) {
    return node.value_exact<std::string>() == value;
  });
}

const toml::table& table_at(const toml::array& array, std::size_t index) {
  return *array.get(index)->as_table();
}

// --- what the result must read as ---

/// Throws NotUnderstood if something else stands there.
template <typename Kind>
Kind& part(toml::table& table, const std::string& key) {
  if (!table.contains(key)) table.insert(key, Kind());
  Kind* found = table.get(key)->as<Kind>();
  if (found == nullptr) throw NotUnderstood(key);
  return *found;
}

void put(toml::table& table, const Pairs& pairs) {
  for (const auto& [key, value] : pairs) table.insert_or_assign(key, value);
}

toml::table& named(toml::array& array, const std::string& name) {
  const auto index = find(array, name);
  if (!index) array.push_back(toml::table{{"name", name}});
  return *array.get(index.value_or(array.size() - 1))->as_table();
}

toml::table wanted(toml::table tree, const PyMedPhysSettings& ours) {
  for (const SiteEntry& site : ours.sites) {
    toml::table& of_site = named(part<toml::array>(tree, kSite), site.name);
    const Pairs pairs = directories(ours, site);
    if (!pairs.empty()) put(part<toml::table>(of_site, kExportDirectories), pairs);
    for (const LinacEntry& linac : site.linacs) {
      put(named(part<toml::array>(of_site, kLinac), linac.name), pairs_of(linac));
    }
  }
  for (const std::string& folder : patient_directories(ours)) {
    toml::array& list = part<toml::array>(part<toml::table>(tree, kIcom), kPatientDirectories);
    if (!holds(list, folder)) list.push_back(folder);
  }
  return tree;
}

// --- the text, step by step ---

TomlPairs written(const Pairs& pairs) {
  TomlPairs result;
  for (const auto& [key, value] : pairs) result.emplace_back(key, toml_text(value));
  return result;
}

void append(std::vector<std::string>& lines, const char* header, const Pairs& pairs) {
  if (!lines.empty()) lines.emplace_back();
  lines.emplace_back(header);
  for (const auto& [key, value] : written(pairs)) lines.push_back(key + " = " + value);
}

class Merge {
 public:
  Merge(TomlDocument& document, const PyMedPhysSettings& ours) : document_(document), ours_(ours) {}

  void run() {
    for (const SiteEntry& site : ours_.sites) {
      if (find_site(site.name) == nullptr) {
        add_site(site);
        continue;
      }
      put_directories(site);
      for (const LinacEntry& linac : site.linacs) put_linac(site.name, linac);
    }
    for (const std::string& folder : patient_directories(ours_)) put_patient_directory(folder);
  }

 private:
  // Each change reads the text anew, so what it is about is looked up anew.
  [[nodiscard]] const toml::table* find_site(const std::string& name) const {
    const toml::array* sites = document_.tree()[kSite].as_array();
    const auto index = sites != nullptr ? find(*sites, name) : std::nullopt;
    return index ? &table_at(*sites, *index) : nullptr;
  }

  void add_site(const SiteEntry& site) {
    std::vector<std::string> lines;
    append(lines, kSiteHeader, {{"name", site.name}});
    const Pairs pairs = directories(ours_, site);
    if (!pairs.empty()) append(lines, kExportDirectoriesHeader, pairs);
    for (const LinacEntry& linac : site.linacs) append(lines, kLinacHeader, pairs_of(linac));

    const toml::node* sites = document_.tree().get(kSite);
    if (sites == nullptr) {
      document_.add_lines_at_end(lines);
    } else if (is_array_of_headers(*sites)) {
      document_.add_lines_behind(*sites, lines);
    } else {
      throw NotUnderstood(kSite);
    }
  }

  void put_directories(const SiteEntry& site) {
    const Pairs pairs = directories(ours_, site);
    const toml::table& of_site = *find_site(site.name);
    if (pairs.empty()) return;
    if (of_site.contains(kExportDirectories)) {
      for (const auto& [key, value] : pairs) {
        put_text(*find_site(site.name)->get(kExportDirectories)->as_table(), key, value);
      }
    } else if (of_site.is_inline()) {
      document_.set(of_site, kExportDirectories, toml_inline(written(pairs)));
    } else {
      document_.add_table_behind(of_site, of_site, kExportDirectoriesHeader, written(pairs));
    }
  }

  void put_linac(const std::string& site, const LinacEntry& linac) {
    const toml::table& of_site = *find_site(site);
    const toml::node* linacs = of_site.get(kLinac);
    if (linacs == nullptr) {
      if (of_site.is_inline()) {
        document_.set(of_site, kLinac, '[' + toml_inline(written(pairs_of(linac))) + ']');
      } else {
        document_.add_table_behind(of_site, of_site, kLinacHeader, written(pairs_of(linac)));
      }
      return;
    }
    const toml::array& all = *linacs->as_array();
    if (const auto index = find(all, linac.name)) {
      put_text(table_at(all, *index), "ip", linac.ip);
    } else if (is_array_of_headers(all)) {
      document_.add_table_behind(of_site, table_at(all, all.size() - 1), kLinacHeader,
                                 written(pairs_of(linac)));
    } else {
      document_.push_back(all, toml_inline(written(pairs_of(linac))));
    }
  }

  void put_text(const toml::table& table, const std::string& key, const std::string& value) {
    if (table[key].value_exact<std::string>() != value) document_.set(table, key, toml_text(value));
  }

  void put_patient_directory(const std::string& patients) {
    const std::string list = '[' + toml_text(patients) + ']';
    const toml::node* icom = document_.tree().get(kIcom);
    if (icom == nullptr) {
      document_.add_lines_at_end(
          {std::string("[") + kIcom + ']', std::string(kPatientDirectories) + " = " + list});
      return;
    }
    const toml::table& table = *icom->as_table();
    const toml::node* present = table.get(kPatientDirectories);
    if (present == nullptr) {
      document_.set(table, kPatientDirectories, list);
    } else if (!holds(*present->as_array(), patients)) {
      document_.push_back(*present->as_array(), toml_text(patients));
    }
  }

  TomlDocument& document_;
  const PyMedPhysSettings& ours_;
};

TomlDocument read(const std::string& text, const std::string& file) {
  try {
    return TomlDocument(text);
  } catch (const toml::parse_error& error) {
    throw std::invalid_argument(file + ':' + std::to_string(error.source().begin.line) +
                                ": this is not TOML (" + std::string(error.description()) +
                                "): correct it; nothing was changed");
  }
}

}  // namespace

std::string with_ours(const std::string& text, const PyMedPhysSettings& ours,
                      const std::string& file) {
  TomlDocument document = read(text, file);
  std::string what;
  try {
    const toml::table meant = wanted(document.tree(), ours);
    Merge(document, ours).run();
    if (document.tree() == meant) return document.text();
    what = "a part of it";
  } catch (const NotUnderstood& part) {
    what = part.what();
  }
  throw config::EditByHand(file + ": " + what +
                           " is written in a way that cannot be changed without touching something "
                           "else: nothing was written; edit by hand: docs/gateway.md, "
                           "\"pymedphys-config\", shows what is wanted");
}

}  // namespace icom::pymedphys
