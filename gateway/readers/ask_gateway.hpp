// Asking the running gateway, for accounts that may not open its store.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "gateway/readers/reader_request.hpp"

namespace icom::readers {

/// What it answers goes to `out`, as the same command prints it that opens the store itself. False
/// if that is not whole: then why is in `problems`.
/// Throws std::invalid_argument where the gateway says that the request is wrong, and
/// std::runtime_error where there is no whole answer: why, and what to do. Waits for the gateway
/// for half a minute, and for a whole answer for little more than ten.
bool ask_gateway(const std::filesystem::path& socket, const ReaderRequest& request,
                 std::ostream& out, std::ostream& problems);

}  // namespace icom::readers
