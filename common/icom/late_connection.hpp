// The mark of a connection that brings late bytes. docs/storage.md, "The spool".
#pragma once

#include <string_view>

#include "common/icom/bytes.hpp"
#include "common/icom/stream_entry.hpp"

namespace icom {

/// The bytes of a `connected` entry, if the frames up to the next `disconnected` came late, on a
/// connection that the listener had given up. Of any other connection it has no bytes. On disk and
/// on the wire: never change it. Who does not know it takes both for the same.
inline constexpr std::string_view kLateConnection = "late";

inline bool is_late_connection(EntryKind kind, Bytes bytes) {
  return kind == EntryKind::connected && as_text(bytes) == kLateConnection;
}

}  // namespace icom
