// `icom-agent enrol`: from an enrolment file to a site that the gateway knows. docs/protocol.md,
// "The desk", has the steps, and what becomes of it if either side dies between two of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

#include "agent/enrol/reach.hpp"
#include "agent/forward/link_session.hpp"
#include "common/config/enrolment_file.hpp"
#include "common/config/site_settings.hpp"
#include "common/link/desk_seal.hpp"
#include "common/os/file_system.hpp"

namespace icom::enrol {

/// what() is for the operator: what is wrong and what to do.
class EnrolmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Surroundings {
  os::FileSystem& files;
  std::function<Reach(const std::string& host, std::uint16_t port)> reach;
  /// Throws LinkFailure.
  std::function<link::DeskAnswer(const config::TunnelSettings&, const link::DeskRequest&,
                                 const link::DeskSecret&)>
      ask;
  /// Throws LinkFailure.
  std::function<void(const config::TunnelSettings&, const forward::Caller&)> try_link;
  /// A line for the operator: a step is done, or something is to be looked at.
  std::function<void(const std::string& word, const std::string& text)> say;
  std::function<std::int64_t()> now;  ///< seconds since 1970, UTC
};

/// The site's file in the folder of its settings.
inline constexpr const char* kSiteFile = "site.yaml";

/// Sets the site up in `folder`: site.yaml (kept if it is there and of the same site), and the key,
/// the known_hosts and the token where that names them. Then tries the whole way. May be run again
/// with the same file if it fails, or is killed, at any step. Throws EnrolmentError, LinkFailure,
/// ConfigError (the site's file) or std::runtime_error (this machine's files).
void enrol(const config::EnrolmentFile& enrolment, const std::filesystem::path& folder,
           const Surroundings& around);

/// Of a token that is none, as a reason to write nothing.
inline constexpr const char* kBadToken =
    "the gateway sent a token that is not one line of 16 to 1,024 plain characters: nothing was "
    "written; report it";

/// The desk's words for the operator, whatever the gateway has sent: no control characters, and not
/// endless.
std::string text_of(const link::DeskRefused& refused);

/// Calls `try_link`, again for a while where the gateway refuses: it may not have read the site's
/// file yet. Throws LinkFailure.
void try_link_patiently(const config::SiteSettings& site, const Surroundings& around);

}  // namespace icom::enrol
