// A byte and a descriptor through a socket between two processes of one machine.
#pragma once

#include <cstddef>

#include "common/os/descriptor.hpp"

namespace icom::listen {

/// Neither waits: the socket must be ready. False where the peer is gone. An invalid descriptor is
/// none; what is received closes on exec, and is invalid where none came.
bool send_descriptor(int socket, std::byte with, const os::Descriptor& descriptor);
bool receive_descriptor(int socket, std::byte& with, os::Descriptor& descriptor);

}  // namespace icom::listen
