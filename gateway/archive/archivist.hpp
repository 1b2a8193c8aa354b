// Writes closed records as the files that PyMedPhys reads, and the live files. docs/storage.md,
// "The archive".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "common/os/file_system.hpp"
#include "common/os/limited_thread.hpp"
#include "common/os/users.hpp"
#include "gateway/archive/live_folder.hpp"
#include "gateway/store/store.hpp"

namespace icom::archive {

/// Follows a store and keeps the archive's folder in step with it, on threads of its own: a share
/// that is slow, away, or does not answer at all delays the archive, never the store, a start or a
/// stop: no other thread asks it anything. What is still to be written is worked out from the
/// store's records, so neither a crash nor a share that is away loses a file. Sites take turns:
/// what one has waiting, or how long a record is, does not delay another's by more than a step.
///
/// Order of life: construct it, open the Store with it as (part of) the observer, start(); before
/// the Store goes, nothing needs to be done; stop() or the destructor ends the threads.
class Archivist final : public store::StoreObserver {
 public:
  using Hosts = archive::Hosts;

  struct Options {
    std::filesystem::path store_folder;
    std::filesystem::path archive_directory;
    bool live = true;  ///< write live/<host>/<counter>.txt
    Hosts hosts;
    bool per_site = false;  ///< patients/ and live/ in a folder of its own for each site
    /// New record files that a site makes in an hour: more than any hospital has. What is beyond
    /// waits, so that nobody fills a share with folders and files.
    std::uint32_t new_files_per_hour = 3600;
    /// Records of a site that wait for their file are held in memory, so many new ones and so many
    /// that have a file; the others are found in the tables once there is room.
    std::size_t most_remembered = 10'000;
    /// The group that the files and folders are made for; it has to be one of this process's.
    std::optional<os::UserId> readers = std::nullopt;
    /// That the archive's folder is in, which outlives the threads. Unless given, the machine's
    /// own, without following links below that folder.
    os::FileSystem* files = nullptr;
  };

  /// What the archive is doing. Names nobody.
  struct Status {
    std::uint64_t written = 0;  ///< record files since start()
    /// Records whose file is not written yet, as far as known: at least so many, where a site has
    /// more than RecordTurns remembers.
    std::uint64_t pending = 0;
    std::uint64_t held = 0;          ///< of these, above what their site may make in an hour
    std::uint64_t unnamed = 0;       ///< times that a record got no file, all names being taken
    std::uint64_t failures = 0;      ///< attempts that failed since start()
    std::uint64_t live_written = 0;  ///< live files since start()
    std::uint64_t live_dropped =
        0;  ///< frames that got no live file because the share was slower than they came
    std::string last_error;  ///< what and where, empty while all is well
    bool silent = false;     ///< the share has not answered for a while
  };

  /// Touches no file.
  explicit Archivist(Options options);
  ~Archivist() override;
  Archivist(const Archivist&) = delete;
  Archivist& operator=(const Archivist&) = delete;

  /// Starts the threads. The store must have been opened by now: it makes the folder and the
  /// schema. Throws std::runtime_error if the archive's own list of written files cannot be opened.
  void start();
  /// Ends after the step that is being done now; what is left is found again by the next start().
  /// False if that takes longer than `limit`: then the threads go on until the share answers, and
  /// then end; the process may end before that. May be called again.
  bool stop(std::chrono::milliseconds limit = kStopLimit);
  static constexpr std::chrono::milliseconds kStopLimit = std::chrono::seconds(5);

  /// Logs that the archive is behind, or in step again, and which sites' records wait for the hour
  /// to pass: once, then once in a while. To be called about once a second, by one thread.
  void log_state();
  [[nodiscard]] Status status() const;
  /// Linacs have come, gone or moved. Thread-safe.
  void set_hosts(Hosts hosts);

  void frame_stored(store::LinacId linac, const FrameIdentity& identity, Bytes bytes) override;
  void record_changed(std::int64_t record) override;

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< the threads', too
  os::LimitedThread records_;
  os::LimitedThread live_;
  bool given_up_ = false;  ///< stop() has waited long enough
};

}  // namespace icom::archive
