// How the log names a Linac, and whose it is.
#pragma once

#include <cstdint>
#include <string>

#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// "nbcc: Linac 4299". Throws SqlError.
std::string linac_name(Database& database, std::int64_t linac);
/// The site's name; empty if there is no such Linac. Throws SqlError.
std::string linac_site(Database& database, std::int64_t linac);

}  // namespace icom::store
