// What a long-running process settles with the operating system about signals and about its own
// end.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace icom::os {

std::int64_t process_id();

/// A closed pipe or socket becomes an error of the write, and losing the terminal ends nothing.
/// Call it first in main().
void ignore_pipe_and_hangup();

/// The kernel ends this process, as if killed, unless it has ended by itself by then: for the
/// second phase of a shutdown, when a disk or a reader of our stderr no longer answers and no
/// thread of ours can be relied upon.
void end_process_within(std::chrono::seconds limit);

/// Ends the process now, with nothing of its own done any more: for the end of one that leaves a
/// thread behind, which may be waiting for a disk and must not meet what the end destroys.
[[noreturn]] void leave_process(int exit_code);

/// Goes on as another program, in the place of this one: with its process ID, its environment and
/// its open standard streams, and nothing else. Returns only where that is not possible: why. Other
/// threads end where they are.
std::error_code become(const std::filesystem::path& program,
                       const std::vector<std::string>& arguments);

/// Where memory runs out, the operating system ends this process before those of its user that have
/// not said so. Where it cannot be said, nothing changes.
void may_be_ended_for_memory();

/// The calling thread gets the processor when others leave it, and a tenth of it when they do not:
/// for work that nothing waits for, beside threads that something does wait for. Where the
/// operating system refuses, the thread goes on as it was.
void lower_priority_of_this_thread();

/// Of a processor, that the calling thread has taken so far.
[[nodiscard]] std::chrono::nanoseconds processor_time_of_this_thread();

}  // namespace icom::os
