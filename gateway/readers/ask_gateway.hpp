// Asking the running gateway, for accounts that may not open its store.
#pragma once

#include <chrono>
#include <filesystem>
#include <iosfwd>

#include "gateway/readers/answer_stream.hpp"
#include "gateway/readers/reader_request.hpp"

namespace icom::readers {

/// What it answers goes to `out`, as the same command prints it that opens the store itself, once
/// all of it has come: until then it is in memory, or in a file without a name in TMPDIR. False if
/// what the gateway has is not whole: then why is in `problems`. Whether `out` has taken it is the
/// caller's to look at.
/// Throws std::invalid_argument where the gateway says that the request is wrong, and
/// std::runtime_error where there is no answer: why, and what to do; then nothing is in `out`.
/// Waits for the gateway for half a minute, and for the end of its answer for little more than ten.
bool ask_gateway(const std::filesystem::path& socket, const ReaderRequest& request,
                 std::ostream& out, std::ostream& problems,
                 std::chrono::milliseconds to_be_let_in = kPeerTime);

}  // namespace icom::readers
