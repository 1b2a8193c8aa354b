// One Linac's way from its spool to the gateway, across sessions.
#pragma once

#include <boost/ptr_container/ptr_vector.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "agent/forward/forward_status.hpp"
#include "agent/forward/known_run.hpp"
#include "agent/forward/unacknowledged_window.hpp"
#include "agent/spool/spool_reader.hpp"
#include "common/link/link.pb.h"

namespace icom::forward {

/// Reads the Linac's spool for the session that is on, and trims it by what the gateway has stored.
/// Remembers the stored positions, so that between sessions the backlog is known; what counts at
/// the next session is what the gateway then says. Not thread-safe.
class LinacStream {
 public:
  /// `number` names the Linac in messages. `spool_directory` need not exist yet. `files` must
  /// outlive this.
  LinacStream(os::FileSystem& files, std::string serial, std::uint32_t number,
              std::filesystem::path spool_directory);

  [[nodiscard]] const std::string& serial() const { return serial_; }
  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] const std::filesystem::path& spool_directory() const { return directory_; }

  /// This Linac's part of a Hello.
  link::SpoolState announce();
  /// The gateway's answer: reading starts behind what it has stored, or not at all. Nothing leaves
  /// the spool for a position that the spool does not confirm (known_run.hpp).
  void welcome(const link::LinacWelcome& answer);
  /// Of the runs in messages: the positions that the gateway named and the spool confirmed.
  [[nodiscard]] std::map<std::uint64_t, std::uint64_t> confirmed() const;
  /// The session is over: whatever was not acknowledged will be read again.
  void session_ended();

  /// The next entry to send, its run that of messages; null while caught up with the listener, or
  /// not accepted. Lives until
  /// taken() and the next call of waiting(), or until the session ends.
  const spool::Entry* waiting();
  /// waiting() has been sent.
  void taken();
  /// The gateway has stored everything up to there: the spool is trimmed.
  void acknowledged(const UnacknowledgedWindow::Advance& advance);

  /// Whether the site's settings have this Linac. One that they do not have (any more) is sent to
  /// the end of its spool, if the gateway takes it.
  [[nodiscard]] bool registered() const { return status_.registered; }
  void set_registered(bool registered) { status_.registered = registered; }
  /// Told to the gateway: where the Linac is, by the site's settings; empty if they do not have it.
  void set_address(std::string address) { address_ = std::move(address); }

  [[nodiscard]] bool accepted() const { return status_.accepted; }
  /// Bytes in the spool that are not sent yet.
  [[nodiscard]] std::uint64_t unsent_bytes() const;
  /// `backlog_bytes` counts those `on_the_way` too.
  [[nodiscard]] LinacForwardStatus status(const BytesOnTheWay& on_the_way) const;

 private:
  void rewind();
  void tell_of_forks(const std::map<std::uint64_t, KnownRun>& before) const;
  void release(std::uint64_t run, std::uint64_t seq);
  void tell_what_was_set_aside();
  void note_unreadable();
  void clear_spool_of_a_removed_one();

  os::FileSystem& files_;
  std::string serial_;
  std::uint32_t number_;
  std::filesystem::path directory_;
  std::string address_;
  spool::SpoolReader reader_;
  std::optional<spool::Entry> waiting_;
  std::map<std::uint64_t, KnownRun> known_;  ///< by the spool's run
  LinacForwardStatus status_;
};

/// A site's Linacs, and those removed from it whose spools are not empty yet. The addresses of its
/// elements are stable.
using LinacStreams = boost::ptr_vector<LinacStream>;

}  // namespace icom::forward
