// Which machine a Linac's frames say that they are of. docs/storage.md, "The machine ID".
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/icom/values.hpp"
#include "common/log/rate_limit.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// What is known of a Linac's machine ID, as its row has it.
struct MachineRow {
  std::string site;
  std::string serial;
  std::optional<std::string> learnt;
  std::optional<std::string>
      other;                        ///< the newest that differed, until somebody says what is right
  std::int64_t other_in_a_row = 0;  ///< frames that had `other`, one after the other
  std::int64_t other_frames = 0;    ///< frames that had another ID than what was learnt
};
/// Throws SqlError.
MachineRow load_machine(Database& database, std::int64_t linac);

/// The Linac, of another serial, that a machine ID belongs to: it is its serial, or what its own
/// frames have shown.
struct MachinesLinac {
  std::string site;
  std::string serial;
  /// Its serial, or of the same site: frames of its machine then came here by a wrong address.
  /// Otherwise two sites may have the same name for a machine of theirs.
  bool certain = false;
};
/// Throws SqlError.
std::optional<MachinesLinac> linac_of_machine(Database& database, const MachineRow& row,
                                              const std::string& id);

/// What an operator is told of `row.other`, after the Linac's name.
std::string machine_problem(const MachineRow& row, const std::optional<MachinesLinac>& whose);

/// Says which machine ID is right for a Linac, whatever its frames have shown; also while a gateway
/// runs. Throws std::runtime_error if there is no such Linac or no store.
void set_machine_id(const std::filesystem::path& store, const std::string& site,
                    const std::string& serial, const std::string& id);

/// Learns one Linac's machine ID from its frames, and says in the log when another one comes:
/// frames of another machine may be on record under this Linac. Never keeps a frame from being
/// stored. Not thread-safe; lives and dies with its LinacLog.
class MachineId {
 public:
  /// Another ID counts as the Linac's own once so many frames in a row had it, unless it is another
  /// Linac's: somebody gave the machine another name.
  static constexpr std::int64_t kLearntAnew = 1000;

  /// Reads what is known. Throws SqlError.
  MachineId(Database& database, std::int64_t linac);
  /// The next frame that is stored.
  void note(Database& database, const FrameFacts& facts);
  void flush(Database& database);

 private:
  void refresh(Database& database);
  void learn(const std::string& id);
  void differs(Database& database, const std::string& id);
  const std::optional<MachinesLinac>& whose(Database& database, const std::string& id);

  std::int64_t linac_;
  MachineRow row_;
  bool fresh_ = false;  // read, or changed, in this transaction
  bool changed_ = false;
  std::string looked_up_;  // in this transaction, or empty
  std::optional<MachinesLinac> whose_;
  log::RateLimit limit_;
};

}  // namespace icom::store
