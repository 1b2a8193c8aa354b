// A byte and a descriptor through a socket between two processes of one machine.
#pragma once

#include <array>
#include <cstddef>

#include "common/os/descriptor.hpp"

namespace icom::listen {

inline constexpr int kNoDescriptor = -1;

/// Between a listener and its keeper the byte says nothing: what counts is whether a connection
/// comes with it.
inline constexpr std::byte kKept{'k'};

/// Neither waits. False where the peer is gone, or the socket is not ready. What is received closes
/// on exec, and is invalid where none came.
bool send_descriptor(int socket, std::byte with, int descriptor);
bool receive_descriptor(int socket, std::byte& with, os::Descriptor& descriptor);

/// Two ends of one socket, both closing on exec. Throws std::system_error.
std::array<os::Descriptor, 2> descriptor_channel();

}  // namespace icom::listen
