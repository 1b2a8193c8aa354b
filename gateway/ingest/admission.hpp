// Whether an agent that says Hello may send, and for which Linacs. No I/O but the sink's stored
// positions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/link/link.pb.h"
#include "gateway/ingest/entry_sink.hpp"
#include "gateway/ingest/newcomers.hpp"
#include "gateway/ingest/run_positions.hpp"
#include "gateway/ingest/site_registry.hpp"

namespace icom::ingest {

/// A Linac for which a session may send.
struct AcceptedLinac {
  std::string serial;
  store::LinacId id = 0;
  RunPositions received{};  ///< in this session
  std::shared_ptr<store::BatchChain> chain = std::make_shared<store::BatchChain>();
};

/// By the number that the session's frames name a Linac with.
using AcceptedLinacs = std::map<std::uint32_t, AcceptedLinac>;

struct Admission {
  std::shared_ptr<const RegisteredSite> site;  ///< as it was then
  AcceptedLinacs linacs;
  link::Welcome welcome;
};

/// Stored positions are told for this many runs; an agent sends the others from their start, and
/// the store leaves out what it has. A spool that was cut off for months, its listener restarting
/// all the while, still gets its answer at once. Fewer would not be safe: of a spool that was set
/// back, what is sent again of a run that is stored further is left out, whatever it is, unless the
/// agent is told of that position. What so many cost is bounded by SiteTurns.
inline constexpr std::size_t kMaxRunsAnswered = 10'000;

/// What an agent announces of a site that is known to be it. A Linac that is not the site's is
/// answered in the Welcome and does not keep the others out.
/// `newcomers`: who is told of a Linac that no site has; may be null.
std::variant<Admission, link::Refused> admit(std::shared_ptr<const RegisteredSite> site,
                                             const link::Hello& hello, const SiteRegistry& registry,
                                             EntrySink& sink, Newcomers* newcomers,
                                             std::uint64_t max_unacknowledged_bytes);

/// Of kClearTokenProtocol: the site, unless it has proved itself before, then its token.
std::variant<std::shared_ptr<const RegisteredSite>, link::Refused> let_in_by_clear_token(
    const link::Hello& hello, const SiteRegistry& registry);

/// A version of the link that this gateway does not speak.
link::Refused version_refusal(std::uint32_t agents_version);
/// A proof under none of the site's tokens.
link::Refused token_refusal(std::string_view site);

/// Those Linacs of `hello` that no site has and that may wait for approval: they have an address.
std::vector<Newcomer> newcomers_of(const link::Hello& hello, const SiteRegistry& registry);

/// Those that no site has and whose addresses `hello` does not tell: the site's settings do not
/// have them any more.
std::vector<std::string> withdrawn_by(const link::Hello& hello, const SiteRegistry& registry);

/// What a site is told that was revoked.
std::string revoked_text(std::string_view site, std::string_view since);
/// The site, if it is registered, not revoked, and the gateway has a token of it; otherwise the
/// refusal, which anybody may read.
std::variant<std::shared_ptr<const RegisteredSite>, link::Refused> site_that_may_prove(
    const std::string& site, const SiteRegistry& registry);
/// As site_that_may_prove(), if the site's file is whole as well. For a site that has proved
/// itself: the refusal may quote the file.
std::variant<std::shared_ptr<const RegisteredSite>, link::Refused> site_that_may_send(
    const std::string& site, const SiteRegistry& registry);
/// The answer for a Linac that the site has, with what is stored of the runs that its spool holds:
/// `runs_left` of them at most, and it becomes less.
link::LinacWelcome accepted(const link::SpoolState& spool, const RegisteredLinac& linac,
                            EntrySink& sink, std::size_t& runs_left);

link::Refused refusal(link::Refused::Code code, std::string text);

}  // namespace icom::ingest
