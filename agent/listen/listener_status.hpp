// listener.json: what a listener tells of itself, in its spool folder. Counts and times only,
// nothing of a patient.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/listen/entry_queue.hpp"
#include "agent/listen/status_board.hpp"
#include "agent/spool/spool_writer.hpp"

namespace icom::listen {

inline constexpr const char* kListenerStatusFile = "listener.json";

/// Written at most a second ago, unless the listener is gone or its disk has stalled: `written_us`
/// tells. A listener that ended properly leaves one with `connected` false. Counts are those since
/// the listener started.
struct ListenerStatus {
  std::int64_t pid = 0;
  std::string version;
  std::string serial;
  std::string address;          ///< of the Linac, HOST:PORT
  std::int64_t started_us = 0;  ///< microseconds since 1970, UTC, as all `_us` here
  std::int64_t written_us = 0;
  StreamStatus stream;
  QueueCounts queue;
  std::uint64_t spool_run = 0;
  spool::SpoolWriterCounts spool;
  std::uint64_t failed_syncs = 0;
  std::uint64_t folders_made_anew = 0;   ///< this folder was removed or replaced under the listener
  std::int64_t folder_made_anew_us = 0;  ///< the last time
};

std::string to_json(const ListenerStatus& status);
/// Nothing if `text` is not such a status. Fields that are not known are left alone, those that are
/// missing keep their defaults.
std::optional<ListenerStatus> listener_status_from_json(std::string_view text);

}  // namespace icom::listen
