// Writes closed records as the files that PyMedPhys reads, and the live files. docs/storage.md,
// "The archive".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/os/file_system.hpp"
#include "gateway/store/store.hpp"

namespace icom::archive {

/// Follows a store and keeps the archive's folder in step with it, on threads of its own: a share
/// that is slow or away delays the archive, never the store. What is still to be written is worked
/// out from the store's records, so neither a crash nor a share that is away loses a file.
///
/// Order of life: construct it, open the Store with it as (part of) the observer, start(); before
/// the Store goes, nothing needs to be done; stop() or the destructor ends the threads.
class Archivist final : public store::StoreObserver {
 public:
  /// (site, serial) -> the Linac's address without its port; names the Linac's folder below live/.
  /// A Linac that is not in here gets no live files.
  using Hosts = std::map<std::pair<std::string, std::string>, std::string>;

  struct Options {
    std::filesystem::path store_folder;
    std::filesystem::path archive_directory;
    bool live = true;  ///< write live/<host>/<counter>.txt
    Hosts hosts;
    os::FileSystem* files = &os::real_file_system();  ///< that the archive's folder is in
  };

  /// What the archive is doing. Names nobody.
  struct Status {
    std::uint64_t written = 0;       ///< record files since start()
    std::uint64_t pending = 0;       ///< records whose file is not written yet, as far as known
    std::uint64_t failures = 0;      ///< attempts that failed since start()
    std::uint64_t live_written = 0;  ///< live files since start()
    std::uint64_t live_dropped =
        0;  ///< frames that got no live file because the share was slower than they came
    std::string last_error;  ///< what and where, empty while all is well
  };

  /// Touches no file.
  explicit Archivist(Options options);
  ~Archivist() override;
  Archivist(const Archivist&) = delete;
  Archivist& operator=(const Archivist&) = delete;

  /// Starts the threads. The store must have been opened by now: it makes the folder and the
  /// schema. Throws std::runtime_error if the archive's own list of written files cannot be opened.
  void start();
  /// Ends after the file being written now; what is left is found again by the next start(). May be
  /// called twice.
  void stop();

  [[nodiscard]] Status status() const;
  /// Linacs have come, gone or moved. Thread-safe.
  void set_hosts(Hosts hosts);

  void frame_stored(store::LinacId linac, const FrameIdentity& identity, Bytes bytes) override;
  void record_changed(std::int64_t record) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace icom::archive
