// Where this machine keeps what belongs to programs.
#pragma once

#include <filesystem>

namespace icom::os {

// None of these looks whether it is there, but for program_folder().

/// The settings of a site, or of the gateway.
std::filesystem::path settings_folder();
/// The time zones as zic(8) compiles them, a file each, with zone.tab among them; where the system
/// has none they come with the program.
std::filesystem::path zone_folder();
/// The folder of the file that this process runs. `argv0`: of main(), for where the system does not
/// say.
std::filesystem::path program_folder(const char* argv0);

}  // namespace icom::os
