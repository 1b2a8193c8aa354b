// <registration>/authorized_keys: what sshd learns of the sites' keys.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/forward_settings.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/site_record.hpp"

namespace icom::registration {

/// What a key may do in an SSH session beside reaching the ingest: the options of its line.
std::string key_options(const config::Address& ingest,
                        const std::vector<config::ForwardSettings>& forwards);

/// The lines of one site: of its key and of the next one, unless it is revoked, and of an enrolment
/// file's that has neither been used nor expired. A used one's key stands in a comment.
/// `options` of key_options(). Each ends with `icom-site=<site>`, those of files with a word more.
std::string key_lines(const SiteRecord& record, const std::string& options,
                      const config::Address& ingest, std::int64_t now);

/// A line's site: nothing for a comment or a key of somebody else's.
std::optional<std::string> site_of_line(std::string_view line);

/// Writes the file anew from the records and the sites' files: to be called whenever a record or a
/// site's forwards have changed, and at the gateway's start. A site whose record or file cannot be
/// read keeps the lines, or the options, that stand there; one whose file is gone keeps the line of
/// an open enrolment alone, which is logged. Atomic, and nothing is written if
/// nothing has changed. The book's lock is held. Throws RegistrationError.
void write_authorized_keys(const Places& places, std::int64_t now);

/// The sites whose enrolment file had this key, and was used: whoever comes with it has a copy.
std::vector<std::string> sites_that_used(const std::filesystem::path& registration,
                                         const std::string& fingerprint);

/// For sshd's AuthorizedKeysCommand: the lines whose key has this fingerprint. `registration` as in
/// Places. Throws RegistrationError if the file cannot be read.
std::vector<std::string> lines_with(const std::filesystem::path& registration,
                                    const std::string& fingerprint);

}  // namespace icom::registration
