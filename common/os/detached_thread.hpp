// A thread that nobody waits for.
#pragma once

#include <functional>

namespace icom::os {

/// Runs `work` in a thread of its own, which the end of the program neither waits for nor minds.
/// What `work` uses must be its own or never be destroyed; it must not throw. The thread takes no
/// signals but those of a crash of its own, whose handlers run as anywhere. `name`: for those who
/// look at the process, 15 characters at most. Throws std::system_error if no thread can be had.
void run_detached(const char* name, std::function<void()> work);

}  // namespace icom::os
