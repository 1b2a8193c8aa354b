#include "gateway/ingest/admission.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "common/link/batch_codec.hpp"
#include "common/link/forked_run.hpp"
#include "common/link/limits.hpp"
#include "common/log/printable.hpp"
#include "gateway/store/store_place.hpp"

namespace icom::ingest {
namespace {

std::string version_text(std::uint32_t agent) {
  const std::string both = "the agent speaks version " + std::to_string(agent) +
                           " of the link, this gateway version " +
                           std::to_string(link::kLinkProtocol);
  return both + (agent < link::kLinkProtocol ? ": upgrade the agent" : ": upgrade the gateway");
}

/// True when no number and no serial stands there twice, and there are not too many.
bool spools_are_well_formed(const link::Hello& hello) {
  std::set<std::uint32_t> numbers;
  std::set<std::string> serials;
  for (const link::SpoolState& spool : hello.spools()) {
    if (!numbers.insert(spool.linac()).second || !serials.insert(spool.serial()).second) {
      return false;
    }
  }
  return numbers.size() <= link::kMaxSpools;
}

/// By serial: what is told of those of `hello` that nobody has.
std::map<std::string, std::string> note_newcomers(const link::Hello& hello, const std::string& site,
                                                  const SiteRegistry& registry,
                                                  Newcomers* newcomers) {
  std::map<std::string, std::string> told;
  if (newcomers == nullptr) return told;
  if (const auto gone = withdrawn_by(hello, registry); !gone.empty()) {
    newcomers->withdraw(site, gone);
  }
  const std::vector<Newcomer> linacs = newcomers_of(hello, registry);
  if (linacs.empty()) return told;
  const std::vector<std::string> texts = newcomers->note(site, linacs);
  for (std::size_t i = 0; i < linacs.size(); ++i) told.emplace(linacs[i].serial, texts.at(i));
  return told;
}

std::string why_declined(const link::SpoolState& spool, const std::string& site,
                         const SiteRegistry& registry,
                         const std::map<std::string, std::string>& told) {
  const std::string linac = "Linac " + log::printable(spool.serial());
  if (registry.owner_of(spool.serial()) != nullptr) {
    return linac +
           " is registered for another site at the gateway: correct the serial, or have it "
           "taken out of that site's file there";
  }
  if (const auto text = told.find(spool.serial()); text != told.end()) return text->second;
  return linac + " is not registered for site " + site + " at the gateway: icom-gateway approve " +
         site + " " + log::printable(spool.serial()) +
         " there, where icom-gateway pending lists it, or add it to " + site + ".yaml there";
}

using StoredRuns = std::map<std::uint64_t, store::StoredPosition>;

/// What is stored of these runs, and of those that follow from them: one query for all of them, and
/// one more for each fork in a row.
StoredRuns look_up(std::span<const std::uint64_t> runs, store::LinacId linac, EntrySink& sink) {
  StoredRuns known;
  std::set<std::uint64_t> asked(runs.begin(), runs.end());
  for (int forks = 0; forks <= link::kMostForks && !asked.empty(); ++forks) {
    const std::vector<std::uint64_t> names(asked.begin(), asked.end());
    const std::vector<store::StoredPosition> stored = sink.stored_positions(linac, names);
    asked.clear();
    for (std::size_t i = 0; i < names.size(); ++i) known.emplace(names[i], stored.at(i));
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (stored[i].seq == 0) continue;
      const auto next = link::run_after_fork(names[i], stored[i].seq, stored[i].fingerprint);
      if (!known.contains(next)) asked.insert(next);
    }
  }
  return known;
}

}  // namespace

std::vector<Newcomer> newcomers_of(const link::Hello& hello, const SiteRegistry& registry) {
  std::vector<Newcomer> linacs;
  for (const link::SpoolState& spool : hello.spools()) {
    if (spool.address().empty() || registry.owner_of(spool.serial()) != nullptr) continue;
    linacs.push_back({spool.serial(), spool.address()});
  }
  return linacs;
}

std::vector<std::string> withdrawn_by(const link::Hello& hello, const SiteRegistry& registry) {
  std::vector<std::string> serials;
  for (const link::SpoolState& spool : hello.spools()) {
    if (spool.address().empty() && registry.owner_of(spool.serial()) == nullptr) {
      serials.push_back(spool.serial());
    }
  }
  return serials;
}

link::Refused refusal(link::Refused::Code code, std::string text) {
  link::Refused refused;
  refused.set_code(code);
  refused.set_text(std::move(text));
  refused.set_protocol(link::kLinkProtocol);
  return refused;
}

std::string revoked_text(std::string_view site, std::string_view since) {
  return "site " + std::string(site) + " was revoked at the gateway on " + std::string(since) +
         ": if it is to send again, have an enrolment file made (icom-gateway add-site " +
         std::string(site) + " --again) and enrol";
}

std::variant<std::shared_ptr<const RegisteredSite>, link::Refused> site_that_may_prove(
    const std::string& site, const SiteRegistry& registry) {
  const std::string name = log::printable(site);
  auto registered = registry.find(site);
  if (registered == nullptr) {
    return refusal(link::Refused::UNKNOWN_SITE,
                   "no site " + name + " is registered at this gateway: add " + name +
                       ".yaml to its folder of sites and " + name + ".token to its tokens");
  }
  if (const std::string since = registered->credentials.revoked(); !since.empty()) {
    return refusal(link::Refused::REVOKED, revoked_text(name, since));
  }
  if (const std::string why = registered->credentials.unknown(); !why.empty()) {
    return refusal(link::Refused::UNAVAILABLE,
                   "the gateway's machine keeps it from reading what site " + name +
                       " is known by: nothing to do at the site; its log says what is wrong there");
  }
  if (!registered->credentials.usable()) {
    return refusal(link::Refused::TOKEN_UNUSABLE,
                   "the gateway has no token of site " + name + " that it can use: mend its " +
                       name + ".token (icom-gateway check and its log say what is wrong)");
  }
  return registered;
}

std::variant<std::shared_ptr<const RegisteredSite>, link::Refused> site_that_may_send(
    const std::string& site, const SiteRegistry& registry) {
  auto known = site_that_may_prove(site, registry);
  const auto* registered = std::get_if<std::shared_ptr<const RegisteredSite>>(&known);
  if (registered == nullptr || (*registered)->broken.empty()) return known;
  return refusal(link::Refused::UNKNOWN_SITE,
                 "the gateway's file of site " + log::printable(site) + " is broken (" +
                     (*registered)->broken +
                     "): have it mended at the hosting site; the spools keep everything");
}

link::Refused version_refusal(std::uint32_t agents_version) {
  return refusal(link::Refused::PROTOCOL_VERSION, version_text(agents_version));
}

link::Refused token_refusal(std::string_view site) {
  const std::string name = log::printable(site);
  return refusal(link::Refused::WRONG_TOKEN, "the token is not that of site " + name +
                                                 ": the site's token_file and the gateway's " +
                                                 name + ".token must hold the same line");
}

std::variant<std::shared_ptr<const RegisteredSite>, link::Refused> let_in_by_clear_token(
    const link::Hello& hello, const SiteRegistry& registry) {
  auto known = site_that_may_prove(hello.site(), registry);
  const auto* registered = std::get_if<std::shared_ptr<const RegisteredSite>>(&known);
  if (registered == nullptr) return known;
  if (!(*registered)->credentials.takes_clear_token()) {
    return refusal(link::Refused::PROTOCOL_VERSION,
                   "an agent of site " + log::printable(hello.site()) +
                       " has proved itself before, and one that sends its token in clear is not "
                       "taken any more: upgrade the agent");
  }
  if (!(*registered)->credentials.token_is(hello.token())) return token_refusal(hello.site());
  return site_that_may_send(hello.site(), registry);
}

link::LinacWelcome accepted(const link::SpoolState& spool, const RegisteredLinac& linac,
                            EntrySink& sink, std::size_t& runs_left) {
  link::LinacWelcome answer;
  answer.set_linac(spool.linac());
  answer.set_accepted(true);
  const std::size_t runs = std::min(runs_left, static_cast<std::size_t>(spool.runs_size()));
  const StoredRuns known = look_up({spool.runs().data(), runs}, linac.id, sink);
  for (std::uint64_t run : spool.runs()) {
    if (runs_left == 0) break;
    // The run itself, then those with which the agent may have gone on after its spool was set
    // back.
    auto stored = known.find(run);
    while (runs_left > 0) {
      --runs_left;
      link::Position& position = *answer.add_stored();
      position.set_run(run);
      position.set_seq(stored->second.seq);
      position.set_fingerprint(stored->second.fingerprint);
      if (stored->second.seq == 0) break;
      run = link::run_after_fork(run, stored->second.seq, stored->second.fingerprint);
      stored = known.find(run);
      if (stored == known.end() || stored->second.seq == 0) break;
    }
  }
  return answer;
}

std::variant<Admission, link::Refused> admit(std::shared_ptr<const RegisteredSite> site,
                                             const link::Hello& hello, const SiteRegistry& registry,
                                             EntrySink& sink, Newcomers* newcomers,
                                             std::uint64_t max_unacknowledged_bytes) {
  if (!spools_are_well_formed(hello)) {
    return refusal(link::Refused::MALFORMED, "the agent names a Linac twice, or more than " +
                                                 std::to_string(link::kMaxSpools) + " Linacs");
  }

  // Before newcomers are noted, in a folder that may be the store's.
  if (!sink.is_in_place()) throw store::StoreAway();

  Admission admission;
  admission.site = std::move(site);
  admission.welcome.set_protocol(link::kLinkProtocol);
  admission.welcome.set_gateway_version(ICOM_VERSION);
  admission.welcome.set_max_unacknowledged_bytes(max_unacknowledged_bytes);
  const auto told = note_newcomers(hello, admission.site->site, registry, newcomers);
  std::size_t runs_left = kMaxRunsAnswered;
  for (const link::SpoolState& spool : hello.spools()) {
    link::LinacWelcome& answer = *admission.welcome.add_linacs();
    const RegisteredLinac* const linac = admission.site->find(spool.serial());
    if (linac == nullptr) {
      answer.set_linac(spool.linac());
      answer.set_reason(why_declined(spool, admission.site->site, registry, told));
      continue;
    }
    answer = accepted(spool, *linac, sink, runs_left);
    admission.linacs.emplace(spool.linac(), AcceptedLinac{linac->serial, linac->id});
  }
  return admission;
}

}  // namespace icom::ingest
