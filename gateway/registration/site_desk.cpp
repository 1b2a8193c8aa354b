#include "gateway/registration/site_desk.hpp"

#include <optional>
#include <tuple>
#include <utility>

#include "common/config/config_error.hpp"
#include "common/config/name.hpp"
#include "common/config/site_settings.hpp"
#include "common/link/desk_signature.hpp"
#include "common/link/limits.hpp"
#include "common/log/printable.hpp"
#include "common/os/edited_file.hpp"
#include "common/os/file_system.hpp"
#include "common/os/utc_text.hpp"
#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/secrets.hpp"

namespace icom::registration {

using link::DeskAnswer;
using link::DeskRefused;

namespace {

DeskAnswer refused(DeskRefused::Code code, const std::string& text) {
  DeskAnswer answer;
  answer.mutable_refused()->set_code(code);
  answer.mutable_refused()->set_text(text);
  return answer;
}

/// One thread answers all, and has Linacs noted that wait for approval: a command that hangs must
/// not keep it for long.
constexpr std::chrono::seconds kLockPatience{2};

std::string another_file(const std::string& site) {
  return "have another enrolment file made (icom-gateway add-site " + site + " --again)";
}

/// The key that a site hands in: it must be able to use it.
std::optional<ssh::PublicKey> key_of(const std::string& site, const std::string& secret,
                                     const std::string& text, const std::string& signature) {
  auto key = ssh::PublicKey::parse(text);
  if (!key || key->type() != "ssh-ed25519" || key->text() != text) return std::nullopt;
  if (!key->verifies(link::signed_text(site, secret, text), signature)) return std::nullopt;
  return key;
}

DeskAnswer bad_key() {
  return refused(DeskRefused::MALFORMED,
                 "the public key is no Ed25519 key, or the signature is not its own: compare the "
                 "releases of both ends");
}

DeskAnswer revoked(const SiteRecord& record) {
  return refused(DeskRefused::NO_ENROLMENT,
                 "site " + record.site + " was revoked on " + os::utc_text(*record.revoked) +
                     ": nothing was changed; if it is to send again, " + another_file(record.site));
}

DeskAnswer no_enrolment(const std::string& site) {
  return refused(DeskRefused::NO_ENROLMENT,
                 "no enrolment of site " + site + " is open: " + another_file(site));
}

DeskAnswer wrong_code(const std::string& site) {
  return refused(DeskRefused::WRONG_CODE, "this is not the newest enrolment file of site " + site +
                                              ": use the newest, or " + another_file(site));
}

/// Nothing else of another version's request can be relied on.
std::optional<DeskAnswer> wrong_version_or_name(const link::DeskRequest& request) {
  if (request.protocol() != link::kDeskProtocol) {
    const bool older = request.protocol() < link::kDeskProtocol;
    return refused(DeskRefused::PROTOCOL_VERSION,
                   "the agent speaks version " + std::to_string(request.protocol()) +
                       " of the desk, this gateway version " + std::to_string(link::kDeskProtocol) +
                       (older ? ": upgrade the agent" : ": upgrade the gateway"));
  }
  if (!config::parse_name(request.site())) {
    return refused(DeskRefused::MALFORMED, "that is no name of a site");
  }
  return std::nullopt;
}

DeskAnswer wrong_token(const std::string& site) {
  return refused(DeskRefused::WRONG_TOKEN, "the token is not that of site " + site +
                                               ": nothing was changed; if the site's token is "
                                               "lost, " +
                                               another_file(site));
}

/// As large as one may be that is loaded.
constexpr std::uint64_t kMaxSiteFileBytes = 1U << 20U;

std::string read_site_file(const std::filesystem::path& file) {
  std::string text = os::read_text_file(os::real_file_system(), file, kMaxSiteFileBytes);
  if (text.empty()) throw RegistrationError(file.string() + " is empty");
  return text;
}

std::optional<std::string> secret_in(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) return std::nullopt;
  return config::read_secret(file);
}

}  // namespace

SiteDesk::SiteDesk(Places places, Hooks hooks)
    : places_(std::move(places)), book_(places_.registration), hooks_(std::move(hooks)) {}

DeskAnswer SiteDesk::answer(const link::DeskRequest& request, const link::DeskSecret& secret) {
  return guarded(request, [&] { return decide(request, secret); });
}

std::variant<std::vector<std::string>, DeskAnswer> SiteDesk::secrets_for(
    const link::DeskRequest& request) {
  std::vector<std::string> secrets;
  DeskAnswer refused = guarded(request, [&] { return find_secrets(request, secrets); });
  if (refused.has_refused()) return refused;
  return secrets;
}

DeskAnswer SiteDesk::refuse_proof(const link::DeskRequest& hello) {
  return guarded(hello, [&] {
    return hello.hello().secret() == link::DeskHello::CODE ? wrong_code(hello.site())
                                                           : wrong_token(hello.site());
  });
}

/// Of whom nobody knows yet who he is: no lock is taken, and nothing is written.
DeskAnswer SiteDesk::find_secrets(const link::DeskRequest& request,
                                  std::vector<std::string>& secrets) const {
  if (auto wrong = wrong_version_or_name(request)) return *wrong;
  const std::string& site = request.site();
  const auto record = book_.find(site);
  if (request.hello().secret() == link::DeskHello::CODE) {
    if (!record || !record->enrolment) return no_enrolment(site);
    secrets = {record->enrolment->code_hash};
  } else if (request.hello().secret() == link::DeskHello::TOKEN) {
    if (record && record->revoked) return revoked(*record);  // its token may not have been removed
    for (const auto& file : {places_.token(site), places_.next_token(site)}) {
      if (auto secret = secret_in(file)) secrets.push_back(std::move(*secret));
    }
    if (secrets.empty()) return wrong_token(site);
  } else {
    return refused(DeskRefused::MALFORMED, "a request that this gateway does not know");
  }
  return {};
}

DeskAnswer SiteDesk::guarded(const link::DeskRequest& request,
                             const std::function<DeskAnswer()>& work) {
  const std::string site = log::printable(request.site());
  DeskAnswer answer;
  try {
    answer = work();
  } catch (const std::exception& error) {
    log_.failed(site, error.what());
    answer = refused(DeskRefused::FAILED,
                     "the gateway could not do it: its log says why; try again once that is "
                     "mended");
  }
  answer.set_gateway_time(hooks_.now());
  return answer;
}

DeskAnswer SiteDesk::decide(const link::DeskRequest& request, const link::DeskSecret& secret) {
  if (auto wrong = wrong_version_or_name(request)) return *wrong;
  const std::string& site = request.site();
  const bool by_code = secret.kind == link::DeskHello::CODE;
  const SiteBook::Lock lock = book_.lock(kLockPatience, [this] { return stopping_.load(); });
  if (request.has_enrol() && by_code) return enrol(site, secret.key, request.enrol());
  if (request.has_rotate() && !by_code) return rotate(site, secret.key, request.rotate());
  if (request.has_finish_rotation() && !by_code) {
    return finish(site, secret.key, request.finish_rotation());
  }
  return refused(DeskRefused::MALFORMED, "a request that this gateway does not know");
}

DeskAnswer SiteDesk::enrol(const std::string& site, const std::string& code_hash,
                           const link::Enrol& enrol) {
  std::optional<SiteRecord> record = book_.find(site);
  if (!record || !record->enrolment) return no_enrolment(site);
  Enrolment& enrolment = *record->enrolment;
  if (!same(code_hash, enrolment.code_hash)) return wrong_code(site);
  const auto key = key_of(site, code_hash, enrol.public_key(), enrol.signature());
  if (!key) return bad_key();
  const bool repeated =
      enrolment.used && enrolment.used_by == key && record->key && record->key->key == *key;
  if (enrolment.used && !repeated) {
    return refused(DeskRefused::USED,
                   "this enrolment file was used on " + os::utc_text(*enrolment.used) + " by key " +
                       enrolment.used_by->fingerprint() +
                       ": if that was not this site, somebody has copied the file: icom-gateway "
                       "revoke " +
                       site + " at once; then, or to enrol another machine, " + another_file(site));
  }
  if (!repeated && hooks_.now() >= enrolment.expires) {
    return refused(DeskRefused::EXPIRED, "this enrolment file expired on " +
                                             os::utc_text(enrolment.expires) + ": " +
                                             another_file(site));
  }
  const std::string site_file = read_site_file(places_.site_file(site));
  config::load_site(places_.site_file(site));  // or the file would be used up for nothing
  if (!repeated) {
    // A machine that had the site's token before is not to keep it.
    write_next_token(site, make_secret());
    enrolment.used = hooks_.now();
    enrolment.used_by = key;
    record->key = SiteKey{*key, hooks_.now()};
    record->next_key.reset();
    record->revoked.reset();
    book_.save(*record);  // from here on the file is used; all that follows is made up for
  }
  // A next key is a rotation's, and its token not proved yet. A token that is put in its place now
  // is that of a machine that was not the site before, asked for now or before a failure: at once,
  // and whatever fails next, the machine before is to go.
  if (!record->next_key && promote_next_token(site)) {
    hooks_.changed(site);
    hooks_.replaced(site);
  }
  settle(site);
  log_.done(
      site, DeskLog::Done::enrolled,
      std::string("enrolled ") + (repeated ? "again" : "now") + " with key " + key->fingerprint());
  DeskAnswer answer;
  answer.mutable_enrolled()->set_token(config::read_secret(places_.token(site)));
  answer.mutable_enrolled()->set_site_file(site_file);
  return answer;
}

DeskAnswer SiteDesk::rotate(const std::string& site, const std::string& given_token,
                            const link::Rotate& rotate) {
  SiteRecord record = book_.find(site).value_or(SiteRecord{site, {}, {}, {}, {}});
  if (record.revoked) return revoked(record);  // its token may not have been removed
  const Given given = token_given(site, given_token);
  if (given == Given::wrong) return wrong_token(site);
  const auto key = key_of(site, given_token, rotate.public_key(), rotate.signature());
  if (!key) return bad_key();
  if (given == Given::next) {
    // The site uses what the rotation before gave it, and died before it could say so.
    if (record.next_key) record.key = std::exchange(record.next_key, std::nullopt);
    book_.save(record);
    std::ignore = promote_next_token(site);
  }
  const std::string token = make_secret();
  write_next_token(site, token);
  record.next_key = SiteKey{*key, hooks_.now()};
  book_.save(record);
  settle(site);
  log_.done(site, DeskLog::Done::rotated,
            "key " + key->fingerprint() + " and a new token are valid beside those in use");
  DeskAnswer answer;
  answer.mutable_rotated()->set_token(token);
  return answer;
}

DeskAnswer SiteDesk::finish(const std::string& site, const std::string& given_token,
                            const link::FinishRotation& finish) {
  std::optional<SiteRecord> record = book_.find(site);
  if (record && record->revoked) return revoked(*record);
  const Given given = token_given(site, given_token);
  if (given == Given::wrong) return wrong_token(site);
  const auto is_given = [&finish](const std::optional<SiteKey>& key) {
    return key && key->key.text() == finish.public_key();
  };
  if (!record || (!is_given(record->next_key) && !is_given(record->key))) {
    return refused(DeskRefused::MALFORMED,
                   "no rotation with this key is under way: icom-agent rotate begins one");
  }
  // The key first: were it the token, a crash in between would leave a token in use whose key the
  // next rotation takes for one that nobody has.
  if (is_given(record->next_key)) {
    record->key = std::exchange(record->next_key, std::nullopt);
    book_.save(*record);
  }
  if (given == Given::next) std::ignore = promote_next_token(site);
  settle(site);
  log_.done(site, DeskLog::Done::finished,
            "key " + record->key->key.fingerprint() + " and the new token are the only ones now");
  DeskAnswer answer;
  answer.mutable_rotation_finished();
  return answer;
}

SiteDesk::Given SiteDesk::token_given(const std::string& site, const std::string& token) const {
  const auto current = secret_in(places_.token(site));
  const auto next = secret_in(places_.next_token(site));
  if (current && same(*current, token)) return Given::current;
  return next && same(*next, token) ? Given::next : Given::wrong;
}

void SiteDesk::write_next_token(const std::string& site, const std::string& token) const {
  const std::string line = token + "\n";
  const std::filesystem::path file = places_.next_token(site);
  const auto error =
      os::write_atomically_for(os::real_file_system(), file, os::Access::group, as_bytes(line));
  if (error) {
    throw RegistrationError("cannot write " + file.string() + " (" + error.message() +
                            "): the gateway's account must be able to write in this folder");
  }
}

bool SiteDesk::promote_next_token(const std::string& site) const {
  auto& files = os::real_file_system();
  auto error = files.rename(places_.next_token(site), places_.token(site));
  if (error == std::errc::no_such_file_or_directory) return false;
  if (!error) error = files.sync_directory(places_.tokens);
  if (error) {
    throw RegistrationError("cannot replace " + places_.token(site).string() + " (" +
                            error.message() + ")");
  }
  return true;
}

void SiteDesk::settle(const std::string& site) {
  write_authorized_keys(places_, hooks_.now());
  hooks_.changed(site);
}

}  // namespace icom::registration
