#include "gateway/store/machine_id.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <stdexcept>

#include "common/icom/padding.hpp"
#include "common/log/printable.hpp"
#include "gateway/store/schema.hpp"
#include "gateway/store/store_files.hpp"

namespace icom::store {

namespace {

/// An ID of VR SH has 16 characters.
constexpr std::size_t kMostShown = 32;

/// Of what a machine calls itself, what is kept: it may hold anything.
std::string kept_id(std::string_view raw) {
  return log::printable(without_padding(raw), kMostShown);
}

std::optional<std::string> text_or_none(const Query& query, int column) {
  return query.is_null(column) ? std::nullopt : std::optional(query.text(column));
}

/// Before any right one has come there is none to name.
std::string instead_of(const MachineRow& row) {
  return row.learnt ? ", not " + *row.learnt + " as before" : "";
}

}  // namespace

MachineRow load_machine(Database& database, std::int64_t linac) {
  Query query(database,
              "SELECT site, serial, machine, other_machine, other_in_a_row, other_frames "
              "FROM linac WHERE id = ?");
  query.bind(linac);
  if (!query.step()) {
    return {};
  }
  return {query.text(0),          query.text(1),    text_or_none(query, 2),
          text_or_none(query, 3), query.integer(4), query.integer(5)};
}

std::optional<MachinesLinac> linac_of_machine(Database& database, const MachineRow& row,
                                              const std::string& id) {
  // Its own serial is right, whoever has it elsewhere: a Linac may move from site to site.
  if (id == row.serial) {
    return std::nullopt;
  }
  Query query(database,
              "SELECT site, serial, serial = ?1 OR site = ?2 AS certain FROM linac "
              "WHERE serial != ?3 AND (serial = ?1 OR machine = ?1) "
              "ORDER BY serial = ?1 DESC, site = ?2 DESC, id LIMIT 1");
  query.bind(id, row.site, row.serial);
  if (!query.step()) {
    return std::nullopt;
  }
  return MachinesLinac{query.text(0), query.text(1), query.integer(2) != 0};
}

std::string machine_problem(const MachineRow& row, const std::optional<MachinesLinac>& whose) {
  std::string text = std::to_string(row.other_frames) + " of its frames call their machine " +
                     row.other.value_or("") + instead_of(row);
  if (whose) {
    const std::string of = whose->site == row.site ? "this site" : "site " + whose->site;
    text += whose->serial == row.other
                ? ", which is another Linac of " + of
                : ", as those of Linac " + whose->serial + " of " + of + " do";
  }
  return text +
         ": look at the addresses in the site's file, and then say which is right: "
         "icom-gateway machine-id " +
         row.site + ' ' + row.serial + " ID";
}

void set_machine_id(const std::filesystem::path& store, const std::string& site,
                    const std::string& serial, const std::string& id) {
  const std::string kept = kept_id(id);
  if (kept.empty()) {
    throw std::invalid_argument("a machine ID is some text");
  }
  const std::filesystem::path file = database_file(store);
  if (!std::filesystem::exists(file)) {
    throw std::runtime_error("there is no store in " + store.string());
  }
  Database database(file, Database::Access::read_write);
  check_schema(database);
  Query query(database,
              "UPDATE linac SET machine = ?, other_machine = NULL, other_in_a_row = 0, "
              "other_frames = 0 WHERE site = ? AND serial = ?");
  query.bind(kept, site, serial);
  query.run();
  if (database.changed_rows() == 0) {
    throw std::runtime_error("the store has no Linac " + serial + " of site " + site);
  }
}

MachineId::MachineId(Database& database, std::int64_t linac)
    : linac_(linac), row_(load_machine(database, linac)), limit_(1, std::chrono::hours(1)) {}

void MachineId::note(Database& database, const FrameFacts& facts) {
  if (!facts.machine_id) {
    return;
  }
  if (row_.other_in_a_row == 0 && row_.learnt == *facts.machine_id) {
    return;  // all but a few frames
  }
  const std::string id = kept_id(*facts.machine_id);
  if (id.empty() || (row_.other_in_a_row == 0 && row_.learnt == id)) {
    return;
  }
  refresh(database);
  if (row_.learnt == id) {
    changed_ = changed_ || row_.other_in_a_row != 0;
    row_.other_in_a_row = 0;
  } else if (id == row_.serial || (!row_.learnt && !(whose(database, id) && whose_->certain))) {
    learn(id);
  } else {
    differs(database, id);
  }
}

/// Somebody may have said which is right since the last transaction.
void MachineId::refresh(Database& database) {
  if (!fresh_) {
    row_ = load_machine(database, linac_);
    fresh_ = true;
  }
}

void MachineId::learn(const std::string& id) {
  if (row_.learnt) {
    spdlog::warn("{}: Linac {}: its machine ID is {} from now on, and was {}", row_.site,
                 row_.serial, id, *row_.learnt);
  }
  row_.learnt = id;
  if (row_.other == id) {
    row_.other.reset();
  }
  row_.other_in_a_row = 0;
  changed_ = true;
}

void MachineId::differs(Database& database, const std::string& id) {
  row_.other_in_a_row = row_.other == id ? row_.other_in_a_row + 1 : 1;
  row_.other = id;
  ++row_.other_frames;
  changed_ = true;
  if (limit_.admit(std::chrono::steady_clock::now())) {
    spdlog::warn("{}: Linac {}: {}", row_.site, row_.serial,
                 machine_problem(row_, whose(database, id)));
  }
  if (row_.other_in_a_row >= kLearntAnew && !(whose(database, id) && whose_->certain)) {
    learn(id);
  }
}

/// Linacs are registered, and learnt about, in other transactions.
const std::optional<MachinesLinac>& MachineId::whose(Database& database, const std::string& id) {
  if (looked_up_ != id) {
    whose_ = linac_of_machine(database, row_, id);
    looked_up_ = id;
  }
  return whose_;
}

void MachineId::flush(Database& database) {
  fresh_ = false;
  looked_up_.clear();
  if (!changed_) {
    return;
  }
  changed_ = false;
  Query query(database,
              "UPDATE linac SET machine = ?, other_machine = ?, other_in_a_row = ?, "
              "other_frames = ? WHERE id = ?");
  query.bind(row_.learnt, row_.other, row_.other_in_a_row, row_.other_frames, linac_);
  query.run();
}

}  // namespace icom::store
