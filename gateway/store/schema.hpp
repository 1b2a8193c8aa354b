// The store's schema: numbered steps, gateway/store/schema/*.sql, compiled into the program.
#pragma once

#include <cstdint>
#include <span>

#include "gateway/store/sqlite.hpp"

namespace icom::store {

struct SchemaStep {
  std::int64_t number;
  const char* sql;
};

/// All steps, by number, from 1 without a hole.
std::span<const SchemaStep> schema_steps();

/// Applies what is missing, each step in a transaction of its own. Throws std::runtime_error if the
/// store was written by a newer program, SqlError if a step fails; the steps before it stay
/// applied. A store that is new is left without unused room.
void upgrade_schema(Database& database);

/// For readers: throws std::runtime_error unless the schema is exactly the one this program knows.
void check_schema(Database& database);

}  // namespace icom::store
