// From a machine's state to the bytes of a frame, laid out as docs/protocol.md, "The iCom Vx
// stream" says. Deliberately shares no code with common/icom's framer and item walk: an error there
// must not cancel out here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/icom/bytes.hpp"
#include "tests/simulator/length_field.hpp"
#include "tests/simulator/linac_clock.hpp"
#include "tests/simulator/machine_state.hpp"

namespace icom::simulator {

/// How one frame departs from an everyday one.
struct FrameShape {
  std::size_t opaque_bytes = 0;  ///< of unknown meaning, between the counter and the first item
  bool no_items = false;         ///< the 27 bytes of the head (and the opaque ones) only
  bool overrun = false;          ///< the last item claims more bytes than the frame has
  std::size_t at_least = 0;      ///< padded with further items to this size
};

/// The frame, its length field 0: see set_length(). `serial` is the Machine ID.
ByteVector build_frame(const LinacClock::Stamp& stamp, std::string_view serial,
                       const MachineState& state, const FrameShape& shape);

/// Precondition: `frame` has 4 bytes or more.
void set_length(ByteVector& frame, std::uint32_t length);

}  // namespace icom::simulator
