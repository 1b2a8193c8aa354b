// How a site's programs are, from the status files in its spool directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/forward/forward_status.hpp"
#include "agent/listen/machine_watch.hpp"
#include "common/config/site_settings.hpp"

namespace icom::supervise {

/// A program that runs, as its status file and its lock show.
struct ProgramState {
  bool runs = false;
  std::int64_t pid = 0;             ///< 0: none runs, or it is not known
  bool silent = false;              ///< it runs, and its status file is older than it should be
  std::int64_t silent_seconds = 0;  ///< for how long, if so; negative: see written_ahead()
  std::string version;              ///< as it tells; empty: it does not, or none runs
  std::string no_room;  ///< why its file may be old though it runs; empty: for no such reason

  /// What it last told is of a time to come: this machine's clock was set back since.
  [[nodiscard]] bool written_ahead() const { return silent && silent_seconds < 0; }
};

/// Times in microseconds since 1970, UTC; 0: never. Counts are those since the listener started.
struct LinacState {
  std::string serial;
  std::string address;     ///< where its listener reads, or would if it is not (yet) there
  std::string moves_to;    ///< what the site's file says, if its listener is to leave for that
  std::string peer;        ///< ADDRESS:PORT that it is connected to; empty: it is not
  std::string unknown;     ///< why nothing can be told of its listener, if so
  bool listening = false;  ///< its listener runs, and responds
  ProgramState listener;
  std::int64_t started_us = 0;   ///< its listener
  bool starting = false;         ///< its listener has only just been started
  bool drained = false;          ///< its listener was asked to leave, and is not wanted
  std::string waits_for;         ///< why icom-agent run has not started its listener yet, if so
  bool removed = false;          ///< the site's file does not have it, and its listener still runs
  bool held_by_another = false;  ///< no listener of ours runs, and this machine is connected to it
  bool connected = false;        ///< to the Linac
  std::int64_t since_us = 0;
  std::uint64_t frames = 0;
  std::int64_t last_frame_us = 0;
  std::int64_t last_bytes_us = 0;
  std::uint64_t gaps = 0;
  std::uint64_t missing_frames = 0;
  std::uint64_t given_up_frames = 0;            ///< for want of room in the spool
  std::uint64_t junk_bytes = 0;                 ///< received: bytes that are no frames
  std::uint64_t given_up_junk_bytes = 0;        ///< likewise for want of room
  std::uint64_t folders_made_anew = 0;          ///< its spool folder was removed under its listener
  std::int64_t folder_made_anew_us = 0;         ///< the last time
  std::uint64_t late_frames_without_place = 0;  ///< kept as junk: StreamStatus
  std::uint64_t late_connections = 0;           ///< given up, and still read: StreamStatus
  listen::MachineNames machine;                 ///< what its frames call their machine
  std::string last_failure;                     ///< why there is, or lately was, no connection
  bool forwarded = false;  ///< accepted by the gateway, in the session that is on
  std::string refusal;     ///< why not, in the gateway's words
  std::uint64_t backlog_bytes = 0;
  std::uint64_t just_sent_bytes = 0;  ///< of these: forward::LinacForwardStatus
  std::int64_t round_trip_ms = -1;
  std::uint64_t damaged_segments = 0;  ///< of its spool, set aside
  std::string damaged_newest;          ///< the newest one's path
  std::string unreadable;              ///< what of its spool the forwarder cannot read, and why
};

struct SiteState {
  std::string site;
  std::int64_t now_us = 0;
  std::string unknown;      ///< why nothing can be told of the programs of the whole site, if so
  bool agent_runs = false;  ///< an icom-agent run looks after them
  ProgramState agent;
  bool forwarding = false;  ///< a forwarder runs, and responds
  ProgramState forwarder;
  bool connected = false;  ///< to the gateway
  std::int64_t since_us = 0;
  std::optional<forward::ForwardError> last_error;
  std::vector<LinacState> linacs;  ///< in the site file's order; then those that are `removed`
  bool fanning_out = false;        ///< a fan-out runs, and responds
  ProgramState fan_out_program;
  /// One for each port of the site's file, in its order; as it was last told.
  std::vector<fanout::PortReport> fan_out;
  /// One for each forward of the site's file, in its order; an empty `state`: not known.
  std::vector<forward::PortForwardStatus> forwards;
  std::vector<std::string>
      problems;                    ///< sentences: what is wrong and what to do; empty: all is well
  std::vector<std::string> notes;  ///< sentences: what is to be done some time, and is no fault
};

/// `version`: of the program that asks; what is older is noted.
SiteState look_at_site(const config::SiteSettings& site, std::int64_t now_us,
                       std::string_view version);

}  // namespace icom::supervise
