// Changes of a site's file by a command: one Linac is added or removed, and every other byte
// stays as a person wrote it: comments, blank lines, order, quoting, line endings.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "common/config/site_settings.hpp"
#include "common/os/file_system.hpp"

namespace icom::config {

/// A change that is worked out and checked, and not written yet.
struct SiteFileEdit {
  std::filesystem::path file;
  std::string before;  ///< its content
  std::string after;
  SiteSettings settings;  ///< what `after` says
};

/// The file is written in a way that this cannot change without touching something else: what to
/// write by hand, and where.
struct EditByHand : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Each reads the file, changes its text, reads what came out, and compares it whole with what was
/// meant. All throw ConfigError if the file is wrong as it is, std::invalid_argument (with file and
/// line) if the change cannot be: a serial or an address that is taken, a Linac that is not there;
/// and EditByHand.
///
/// The new entry stands behind the last one, in the list's own indentation and style.
SiteFileEdit with_linac(const std::filesystem::path& file, const LinacSettings& linac);
/// The comments on and in the entry's lines go with it.
SiteFileEdit without_linac(const std::filesystem::path& file, const std::string& serial);

/// Throws std::runtime_error, saying what to do, if somebody has changed the file since, another
/// command is changing it, or it cannot be written; it is then as it was. For a command: root acts
/// for the owner of the file's folder.
void write_edit(const SiteFileEdit& edit, os::FileSystem& files);

}  // namespace icom::config
