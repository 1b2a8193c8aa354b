#include "gateway/store/schema.hpp"

namespace icom::store {

namespace {

std::int64_t schema_version(Database& database) {
  Query query(database, "PRAGMA user_version");
  return query.step() ? query.integer(0) : 0;
}

}  // namespace

void upgrade_schema(Database& database) {
  const std::int64_t known = schema_steps().back().number;
  const std::int64_t found = schema_version(database);
  if (found > known) {
    throw std::runtime_error("the store has schema " + std::to_string(found) +
                             ", this program knows up to " + std::to_string(known) +
                             ": start the newer icom-gateway that wrote it");
  }
  for (const SchemaStep& step : schema_steps()) {
    if (step.number <= found) {
      continue;
    }
    Transaction transaction(database, Transaction::Kind::write);
    database.execute(step.sql);
    const std::string mark = "PRAGMA user_version = " + std::to_string(step.number);
    database.execute(mark.c_str());
    transaction.commit();
  }
  if (found == 0) {
    // Each step leaves room in pages that the next one does not use. Done where there is nothing
    // else yet, and needs no folder for temporary files.
    database.execute("PRAGMA temp_store = MEMORY");
    database.execute("VACUUM");
    database.execute("PRAGMA temp_store = DEFAULT");
  }
}

void check_schema(Database& database) {
  const std::int64_t known = schema_steps().back().number;
  const std::int64_t found = schema_version(database);
  if (found != known) {
    throw std::runtime_error("the store has schema " + std::to_string(found) +
                             ", this program reads " + std::to_string(known) +
                             ": use the icom-gateway version that serves this store");
  }
}

}  // namespace icom::store
