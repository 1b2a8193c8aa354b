// `icom-gateway gaps`, and a record's gaps.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>

#include "gateway/cli/ledger_listing.hpp"
#include "gateway/cli/linac_clocks.hpp"
#include "gateway/cli/sources.hpp"
#include "gateway/store/gap_table.hpp"

namespace icom::cli {

/// Every place where frames are missing, or may be, by site, serial and time; `since`: those that
/// end then or later; `until`: those that begin before. Throws SqlError.
void list_gaps(const Sources& sources, const LedgerFilter& filter, bool json, std::ostream& out);

/// One gap as an object, without its Linac. Keys: docs/gateway.md, "gaps".
nlohmann::ordered_json gap_json(const store::LinacRow& linac, const store::Gap& gap,
                                LinacClocks& clocks);

}  // namespace icom::cli
