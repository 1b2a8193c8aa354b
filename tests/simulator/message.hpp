// What the simulator puts on its clients' sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/icom/bytes.hpp"

namespace icom::simulator {

/// The last column of the ledger (docs/simulator.md).
enum class MessageKind : std::uint8_t { frame, duplicate, conflict, replay, junk, partial };

constexpr std::string_view name_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::frame:
      return "frame";
    case MessageKind::duplicate:
      return "duplicate";
    case MessageKind::conflict:
      return "conflict";
    case MessageKind::replay:
      return "replay";
    case MessageKind::junk:
      return "junk";
    case MessageKind::partial:
      return "partial";
  }
  return "?";
}

/// Bytes that were made once and go to every client: a frame, or junk.
struct Payload {
  ByteVector bytes;
  std::string linac_time;  ///< as on the wire; empty for junk
  std::uint8_t counter = 0;
  std::uint64_t hash = 0;    ///< XXH3-64 of `bytes`
  bool has_patient = false;  ///< the bytes carry a Patient ID
};

struct Message {
  MessageKind kind = MessageKind::frame;
  std::shared_ptr<const Payload> payload;
  std::size_t size =
      0;  ///< how many of the payload's bytes to send; fewer than all for a `partial`
};

}  // namespace icom::simulator
