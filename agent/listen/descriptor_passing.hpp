// What goes between a program and the supervisor that started it: a byte, and a connection.
#pragma once

#include <cstddef>

#include "common/os/handle.hpp"
#include "common/os/passed_connection.hpp"

namespace icom::listen {

inline constexpr os::NativeSocket kNoDescriptor = os::kNoSocket;

/// What the byte says between a program and the supervisor that started it: docs/agent.md, "The
/// keeper". An older keeper takes every byte for kKept, an older listener every byte for an offer.

/// Keep the connection that comes with it, and no other; none: keep none. From the keeper: an
/// offer.
inline constexpr std::byte kKept{'k'};
/// From the keeper, once, with the connection that it offers, if it has one: it wants kAlive.
inline constexpr std::byte kWantsBeats{'b'};
/// The thread that the work hangs on runs. Each second, and only to a keeper that wants it.
inline constexpr std::byte kAlive{'a'};
/// That thread may wait for a disk from now until the next kAlive; nothing is read meanwhile, and
/// on purpose.
inline constexpr std::byte kBusy{'w'};
/// From the keeper, after kWantsBeats: the program is to take over from another one of the same
/// keeper, which answers kWhatIsLeft. An older listener does not read it.
inline constexpr std::byte kHeir{'h'};
/// Nobody is there to take over from: what connection has that one left? Only to a keeper that has
/// said kHeir. Once that one has ended kKept is the answer, with the connection or without.
inline constexpr std::byte kWhatIsLeft{'q'};

using os::await_descriptor;
using os::descriptor_channel;
using os::receive_descriptor;
using os::send_descriptor;

}  // namespace icom::listen
