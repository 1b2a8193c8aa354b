// What one listener leaves to the next, so that the Linac's connection outlives both. Layout and
// conversation: docs/agent.md, "Taking over".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/listen/beam_watch.hpp"
#include "agent/listen/entry_queue.hpp"
#include "agent/listen/late_frames.hpp"
#include "common/icom/bytes.hpp"
#include "common/icom/framer.hpp"
#include "common/os/handle.hpp"

namespace icom::listen {

/// A connection that was given up and is still read: LateConnections.
struct LateHandover {
  os::Connection connection;
  std::optional<LateState>
      state;  ///< nullopt: the other listener is an older one, or knows nothing
};

/// The connection to a Linac between two listeners: nobody reads it meanwhile, and it is not
/// closed as long as this lives.
struct Handover {
  /// Invalid: there was no connection to hand over.
  os::Connection connection;
  bool ipv6 = false;
  std::string linac;                  ///< HOST:PORT, whose connection it is
  std::int64_t since_us = 0;          ///< connected since: microseconds since 1970, UTC
  std::int64_t last_received_us = 0;  ///< the last bytes came
  /// Received, and part of no entry yet: the beginning of a frame.
  ByteVector unfinished;
  /// Nothing: the other listener is an older one, which does not say.
  std::optional<BeamState> beam;
  /// Whether the connection has brought a whole frame.
  bool brought_frame = true;
  /// The last in the spool, of any connection; without bytes if there is none, the other listener
  /// is an older one, or it takes this one for an older one.
  QueuedEntry last_frame;
  /// What the stream has shown of its frames, on this connection or an earlier one. Nothing: the
  /// other listener is an older one.
  KnownFraming framing;
  /// The oldest first. They go with the bytes of the head after the first, one each.
  std::vector<LateHandover> late;
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
/// More than any listener sends: what is larger comes from something else. Seven connections that
/// were given up, each with a frame and most of another, and the last frame, two digits per byte.
inline constexpr std::uint32_t kMaxHandoverText = 40U << 20U;
/// Older listeners decline a text of more than 64 KiB. With a last frame of no more than this it
/// only has as much where connections that were given up need it.
inline constexpr std::size_t kOldersLastFrame = 16 * 1024;
inline constexpr std::uint32_t kMaxUnfinished = 4U << 20U;

/// Head, text and unfinished bytes, as one; the descriptor goes with the first byte. A last frame
/// that is larger than that is left out.
ByteVector encode_handover(const Handover& handover,
                           std::size_t largest_last_frame = Framer::kMaxFrame);
/// Precondition: kHandoverHeadSize bytes. Nothing if it is no head.
std::optional<HandoverSizes> decode_handover_head(Bytes head);
/// Without descriptors and unfinished bytes. Nothing if the text is of another format.
std::optional<Handover> decode_handover_text(std::string_view text);

}  // namespace icom::listen
