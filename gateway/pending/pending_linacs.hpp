// Linacs that a site's agent has told of and that nobody has approved yet:
// `<registration>/pending`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/os/file_system.hpp"

namespace icom::pending {

/// In the gateway's folder `registration`.
inline constexpr const char* kFolder = "pending";

/// A site has no more Linacs, so no more wait.
inline constexpr std::size_t kMaxPendingPerSite = 64;
/// One that no agent has told of for so long makes room, where there are more.
inline constexpr std::chrono::days kMakesRoomAfter{30};

struct PendingLinac {
  std::string site;
  std::string serial;
  std::string address;             ///< HOST:PORT, as the site's settings have it
  std::int64_t first_seen_us = 0;  ///< microseconds since 1970, UTC
  std::int64_t last_seen_us = 0;
  bool rejected =
      false;  ///< somebody decided against it; it is kept so that it does not come again

  bool operator==(const PendingLinac&) const = default;
};

enum class PendingState : std::uint8_t {
  waits,
  rejected,
  too_many,   ///< of its site wait already: this one was not noted
  malformed,  ///< its serial or its address is none: it was not noted
  approved,   ///< its site's file has it by now: it was not noted, or waits no more
  not_noted,  ///< it could not be written; the agent comes again
};

/// As an agent tells of it.
struct Announced {
  std::string serial;
  std::string address;
};

struct Noted {
  std::vector<PendingState> states;     ///< of each that was announced
  std::vector<PendingLinac> made_room;  ///< those that are forgotten for them
  std::string failure;                  ///< why some are not noted
};

/// The serials that a site's file has as it stands now, whatever a gateway that runs has read of
/// it. Thread-safe.
using ApprovedOf = std::function<std::vector<std::string>(const std::string& site)>;

/// One JSON file for each site, replaced atomically; between processes a lock beside them. Keeps
/// nothing in memory: what another process has changed counts at once. note(),
/// withdraw() and forget_all() are for a gateway, and thread-safe; the rest is for commands, and
/// acts for the folder's owner where root runs it.
class PendingLinacs {
 public:
  /// `folder` is made once something is to be kept in it. `files` must outlive this. `approved_of`
  /// is asked by note(); without it no Linac is approved.
  PendingLinacs(os::FileSystem& files, std::filesystem::path folder, ApprovedOf approved_of = {});

  /// An agent with `site`'s token has told of these Linacs, all of its that wait. `site` is a
  /// registered one; the rest may be anything. Writes when one is new, has another address, or was
  /// last seen a while ago. Never throws, never waits for another process.
  ///
  /// Where too many wait already, a new one takes the place of the one that was told of the longest
  /// ago, if that is kMakesRoomAfter at least; never of one that is told of now.
  ///
  /// An approval that the gateway which runs has not read yet counts: whoever approves writes the
  /// site's file first and forgets the Linac here afterwards, and here both are looked at under the
  /// lock. So one that was approved never comes back.
  Noted note(const std::string& site, const std::vector<Announced>& announced, std::int64_t now_us);

  /// The site's agent does not have these any more: they do not wait, and are given. One that was
  /// rejected stays so. Never throws, never waits for another process: what cannot be done now the
  /// agent tells again.
  std::vector<PendingLinac> withdraw(const std::string& site, std::span<const std::string> serials);

  /// By site and serial. Throws std::runtime_error if a file cannot be read.
  [[nodiscard]] std::vector<PendingLinac> list() const;
  /// The same of those files that can be read; of each of the others `problems` gets what is wrong,
  /// where, and what to do. Throws std::runtime_error if the folder cannot be read.
  [[nodiscard]] std::vector<PendingLinac> list(std::vector<std::string>& problems) const;
  /// Those of one site. Throws std::runtime_error if its file cannot be read.
  [[nodiscard]] std::vector<PendingLinac> of_site(const std::string& site) const;
  /// The Linac is registered now, or gone. Throws std::runtime_error.
  void forget(const std::string& site, const std::string& serial);
  /// The same of all that the site's file has, for a gateway that has just read it: somebody may
  /// have written them there by hand, or an approval ended half-way.
  void forget_all(const std::string& site, std::span<const std::string> serials);
  /// False if it does not wait. Throws std::runtime_error.
  bool reject(const std::string& site, const std::string& serial);

 private:
  /// Of one site: by serial. Throws std::runtime_error.
  [[nodiscard]] std::vector<PendingLinac> read(const std::string& site) const;
  std::error_code write(const std::string& site, const std::vector<PendingLinac>& linacs);
  Noted note_in_file(const std::string& site, const std::vector<Announced>& announced,
                     std::int64_t now_us);
  [[nodiscard]] std::filesystem::path file_of(const std::string& site) const;
  /// Held by whoever reads in order to write. Asks for it so many times. Throws std::runtime_error.
  std::unique_ptr<os::File> lock(int tries);
  void rewrite(const std::string& site, const std::vector<PendingLinac>& linacs);
  std::vector<PendingLinac> withdraw_from_file(const std::string& site,
                                               std::span<const std::string> serials);

  os::FileSystem& files_;
  std::filesystem::path folder_;
  ApprovedOf approved_of_;
};

}  // namespace icom::pending
