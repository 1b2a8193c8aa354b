// One Linac's listener, put together. docs/life-of-a-frame.md tells what is where when.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "agent/listen/beam_watch.hpp"
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

/// Three threads, so that the Linac is read whatever the disk does: this object's `io` reads and
/// queues, one appends, one syncs.
class Listener {
 public:
  /// Opens the spool. `ended` is called on `io` after stop(), once the connection is closed, or
  /// after let_go(). `io` and `files` must outlive it. Throws std::system_error if the spool cannot
  /// be used.
  Listener(boost::asio::io_context& io, os::FileSystem& files, ListenerSettings settings,
           std::function<void()> ended);
  /// Precondition: `ended` was called, or `io` runs no more, or there was no start(). Waits until
  /// everything received is in the spool and synced.
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
  /// After let_go() and `ended`: what the next listener needs. The spool is complete only after the
  /// destructor.
  Handover release();

  /// On `io`'s thread.
  [[nodiscard]] const BeamWatch& beam() const;
  /// From any thread.
  [[nodiscard]] ListenerStatus status() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace icom::listen
