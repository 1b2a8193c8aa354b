// What one listener leaves to the next, so that the Linac's connection outlives both. Layout and
// conversation: docs/agent.md, "Taking over".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/icom/bytes.hpp"
#include "common/os/descriptor.hpp"

namespace icom::listen {

/// The connection to a Linac between two listeners: nobody reads it meanwhile, and it is not
/// closed as long as this lives.
struct Handover {
  /// Invalid: there was no connection to hand over.
  os::Descriptor connection;
  bool ipv6 = false;
  std::string linac;                  ///< HOST:PORT, whose connection it is
  std::int64_t since_us = 0;          ///< connected since: microseconds since 1970, UTC
  std::int64_t last_received_us = 0;  ///< the last bytes came
  /// Received, and part of no entry yet: the beginning of a frame.
  ByteVector unfinished;
  /// It comes from a keeper: what the listener before had in memory is lost, and nothing of the
  /// above but the connection is known.
  bool reader_died = false;
};

/// Of the two parts that follow the descriptor.
struct HandoverSizes {
  std::uint32_t text = 0;
  std::uint32_t unfinished = 0;
};
inline constexpr std::size_t kHandoverHeadSize = 8;
/// More than any listener sends: what is larger comes from something else.
inline constexpr std::uint32_t kMaxHandoverText = 64 * 1024;
inline constexpr std::uint32_t kMaxUnfinished = 4U << 20U;

/// Head, text and unfinished bytes, as one; the descriptor goes with the first byte.
ByteVector encode_handover(const Handover& handover);
/// Precondition: kHandoverHeadSize bytes. Nothing if it is no head.
std::optional<HandoverSizes> decode_handover_head(Bytes head);
/// Without connection and unfinished bytes. Nothing if the text is of another format.
std::optional<Handover> decode_handover_text(std::string_view text);

}  // namespace icom::listen
