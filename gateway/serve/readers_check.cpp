#include "gateway/serve/readers_check.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

#include "common/os/file_owner.hpp"
#include "common/os/limited_thread.hpp"
#include "gateway/serve/readers_group.hpp"

namespace icom::serve {

namespace {

/// A share that does not answer, or is not there, is said elsewhere.
bool lets_in(const std::filesystem::path& archive, os::UserId group) {
  return os::answer_within<bool>(std::chrono::seconds(5), "check",
                                 [archive, group]() noexcept {
                                   std::error_code unknown;
                                   return !std::filesystem::is_directory(archive, unknown) ||
                                          os::is_open_to_group(archive, group);
                                 })
      .value_or(true);
}

}  // namespace

void check_readers(CheckReport& report, const config::GatewaySettings& settings) {
  const ReadersGroup readers = readers_group(settings);
  if (const std::string fault = readers_fault(settings, readers); !fault.empty()) {
    return report.line(false, "readers", fault);
  }
  if (!readers.group) {
    return report.note("readers", "this machine has no group " + settings.readers +
                                      ": nobody but root and the gateway's account may ask the "
                                      "gateway, and the archive is for whom its folders say");
  }
  report.line(true, "readers",
              "members of " + settings.readers + " may read the archive, and ask the gateway");
  if (!settings.archive || lets_in(settings.archive->directory, *readers.group)) return;
  const std::string folder = settings.archive->directory.string();
  report.note("archive " + folder, "its mode does not let members of " + settings.readers +
                                       " in: chgrp " + settings.readers + " " + folder +
                                       " && chmod 2750 " + folder);
}

}  // namespace icom::serve
