#include "gateway/store/linac_name.hpp"

namespace icom::store {

std::string linac_name(Database& database, std::int64_t linac) {
  Query query(database, "SELECT site, serial FROM linac WHERE id = ?");
  query.bind(linac);
  return query.step() ? std::string(query.text(0)) + ": Linac " + std::string(query.text(1))
                      : "Linac number " + std::to_string(linac);
}

std::string linac_site(Database& database, std::int64_t linac) {
  Query query(database, "SELECT site FROM linac WHERE id = ?");
  query.bind(linac);
  return query.step() ? query.text(0) : std::string();
}

}  // namespace icom::store
