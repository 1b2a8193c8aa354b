// Whether a lock on a byte of a folder is one of ours.
#pragma once

#include <sys/types.h>

namespace icom::os {

/// Whoever may list a folder can lock its bytes. True if a process of this account (for root, of
/// the file's owner as well; of any, where that is root), this one included, holds an open file
/// description lock that begins at `byte` of the file that `descriptor` has open, other than by
/// `descriptor`; also if this machine does not say. Reads what the kernel shows of each such
/// process: for when a lock has been met.
bool byte_lock_is_ours(int descriptor, off_t byte);

}  // namespace icom::os
