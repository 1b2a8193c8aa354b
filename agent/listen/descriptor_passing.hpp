// A byte and a descriptor through a socket between two processes of one machine.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "common/os/handle.hpp"

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

/// Neither waits. False where the peer is gone, or the socket is not ready. What is received closes
/// on exec, and is invalid where none came.
bool send_descriptor(os::NativeSocket socket, std::byte with, os::NativeSocket descriptor);
bool receive_descriptor(os::NativeSocket socket, std::byte& with, os::Connection& descriptor);
/// As receive_descriptor(), but waits for so long if nothing has come.
bool await_descriptor(os::NativeSocket socket, std::byte& with, os::Connection& descriptor,
                      std::chrono::milliseconds within);

/// Two ends of one socket, both closing on exec. Throws std::system_error.
std::array<os::Connection, 2> descriptor_channel();

}  // namespace icom::listen
