// `icom-gateway serve`.
#pragma once

#include <filesystem>

namespace icom::serve {

/// Runs the gateway until SIGTERM or SIGINT. Sets up logging. Gives the program's exit code: 0
/// after a proper end, 1 if something of the machine does not work, 2 if the settings are wrong;
/// why is on stderr.
int run_serve(const std::filesystem::path& config);

}  // namespace icom::serve
