// One Linac's listener, put together. docs/life-of-a-frame.md tells what is where when.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/listen/beam_watch.hpp"
#include "agent/listen/entry_queue.hpp"
#include "agent/listen/given_up.hpp"
#include "agent/listen/handover.hpp"
#include "agent/listen/keeper_link.hpp"
#include "agent/listen/listener_status.hpp"
#include "agent/listen/listener_timings.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/config/address.hpp"
#include "common/os/file_system.hpp"

namespace icom::listen {

struct ListenerSettings {
  config::Address linac;
  std::string serial;           ///< [A-Za-z0-9_-]{1,32}: it names a folder
  std::filesystem::path spool;  ///< `<spool>/<serial>/` is made in it
  spool::SpoolLimits limits;
  ListenerTimings timings;
  KeeperLink keeper = {};  ///< who has a copy of the connection
};

/// Of a listener whose spool refuses entries: for the next one of this process.
struct Remains {
  std::unique_ptr<spool::SpoolWriter> writer;  ///< null: there is nothing that remains
  std::vector<QueuedEntry> entries;            ///< received, and not in the spool
  GivenUp given_up = {};                       ///< what `writer` does not count, if there is one
};

/// What a spool has not taken, at the end.
struct Lost {
  std::uint64_t frames = 0;
  std::uint64_t frames_with_patient = 0;
  std::uint64_t others = 0;  ///< entries that are no frames
  bool told = false;         ///< by a hole entry in the spool
  bool folder = false;       ///< the spool's folder itself, with what was written there last
  GivenUp given_up;          ///< beside that, by this listener until then
};

/// Called about once a second, on the thread that writes the spool.
using FolderLooked = std::function<void(spool::FolderState)>;

/// Three threads, so that the Linac is read whatever the disk does: this object's `io` reads and
/// queues, one appends, one syncs.
class Listener {
 public:
  /// Opens the spool, or goes on with what remains of the listener before. `ended` is called on
  /// `io` after stop(), once the connection is closed, or after let_go(). `io` and `files` must
  /// outlive it. Throws std::system_error if the spool cannot be used.
  Listener(boost::asio::io_context& io, os::FileSystem& files, ListenerSettings settings,
           std::function<void()> ended, Remains before = {}, FolderLooked looked = {});
  /// As finish().
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Once. Begins to listen as soon as `io` runs; with the connection that is handed over, if it is
  /// one, instead of making its own first.
  void start(Handover held = {});

  /// On `io`'s thread. FIN to the Linac, then `ended`.
  void stop();

  /// On `io`'s thread. Reads no further, then `ended`; the Linac notices nothing.
  void let_go();
  /// After let_go() and `ended`: what the next listener needs.
  Handover release();
  /// After release(). Waits until everything received is in the spool and synced, or the spool
  /// refuses it: then something remains, and the spool stays locked as long as that lives.
  /// Otherwise nothing does, and the spool is free and complete.
  Remains close_spool();
  /// Precondition: `ended` was called, or `io` runs no more, or there was no start(). Waits until
  /// everything received is in the spool and synced; what the spool refuses even then is lost.
  Lost finish();

  /// On `io`'s thread.
  [[nodiscard]] const BeamWatch& beam() const;
  /// From any thread.
  [[nodiscard]] ListenerStatus status() const;
  /// SpoolThread::refusal().
  [[nodiscard]] std::string refusal() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace icom::listen
