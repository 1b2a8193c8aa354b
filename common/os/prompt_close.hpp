// Closing a socket that others have sent something into.
#pragma once

#include "common/os/handle.hpp"

namespace icom::os {

/// A message in a local socket may carry sockets, and the last close of one that lingers waits for
/// as long as its sender has set: here it waits for some milliseconds (and as long again for each
/// further one). Interrupts what the calling thread does meanwhile by SIGURG, which does nothing
/// else. Thread-safe.
void close_promptly(Connection socket);

}  // namespace icom::os
