// PyMedPhys' config.toml with our part in it.
#pragma once

#include <string>

#include "gateway/pymedphys/pymedphys_settings.hpp"

namespace icom::pymedphys {

/// `text`, the content of `file`, in which each of our sites, Linacs and folders stands with our
/// values; every other byte is as it was, comments included. A `[[site]]` or a `[[site.linac]]` of
/// the same name gets our keys and keeps its others; what we do not have is kept.
///
/// What comes out is read again and compared, whole, with what was meant. Throws
/// std::invalid_argument with file and line if `text` is no TOML, and config::EditByHand if it is
/// written in a way that cannot be changed without touching something else.
std::string with_ours(const std::string& text, const PyMedPhysSettings& ours,
                      const std::string& file);

}  // namespace icom::pymedphys
