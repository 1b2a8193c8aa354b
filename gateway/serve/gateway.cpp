#include "gateway/serve/gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/link/limits.hpp"
#include "common/os/utc_clock.hpp"
#include "gateway/ingest/admission.hpp"
#include "gateway/registration/used_keys.hpp"
#include "gateway/serve/hosts_of.hpp"

namespace icom::serve {

static_assert(config::kMaxLinacsPerSite == link::kMaxLinacs,
              "a site that the settings accept must fit in one connection");

namespace {

archive::Archivist::Options archivist_options(const config::GatewaySettings& settings,
                                              const GatewayMeans& means) {
  archive::Archivist::Options options;
  options.store_folder = settings.store;
  options.archive_directory = settings.archive->directory;
  options.live = settings.archive->live;
  options.per_site = settings.archive->per_site;
  options.new_files_per_hour = settings.archive->new_files_per_hour;
  options.hosts = hosts_of(settings);
  options.readers = means.readers;
  return options;
}

/// Registers every Linac with the store, so that ingest never waits for that; and what their clocks
/// are set to.
std::vector<ingest::RegisteredSite> registered(
    const config::GatewaySettings& settings,
    const std::map<std::string, ingest::Credentials>& credentials, store::Store& store) {
  std::vector<ingest::RegisteredSite> sites;
  for (const config::SiteSettings& of_site : settings.sites) {
    ingest::RegisteredSite& site = sites.emplace_back();
    site.site = of_site.site;
    site.credentials = credentials.at(of_site.site);
    store.set_timezone(of_site.site, of_site.timezone);
    for (const config::LinacSettings& linac : of_site.linacs) {
      site.linacs.push_back(
          {linac.serial, store.linac(site.site, linac.serial), linac.address.text()});
    }
  }
  for (const config::BrokenSite& broken : settings.broken_sites) {
    if (broken.state != config::BrokenSite::State::refused) continue;
    ingest::RegisteredSite& site = sites.emplace_back();
    site.site = broken.site;
    site.credentials = credentials.at(broken.site);
    site.broken = broken.problems.front().text();
  }
  return sites;
}

/// The Linacs whose streams may be listened in on. They are registered already.
fanout::GatewayFanOut::Serials serials_of(const config::GatewaySettings& settings,
                                          store::Store& store) {
  fanout::GatewayFanOut::Serials serials;
  for (const config::SiteSettings& site : settings.sites) {
    for (const config::LinacSettings& linac : site.linacs) {
      serials.emplace(store.linac(site.site, linac.serial), linac.serial);
    }
  }
  return serials;
}

std::vector<std::string> serials_of(const config::SiteSettings& site) {
  std::vector<std::string> serials;
  for (const config::LinacSettings& linac : site.linacs) serials.push_back(linac.serial);
  return serials;
}

/// Reads the site's file each time: a Linac that was just approved stands there, and this gateway
/// may not have read it yet.
pending::ApprovedOf approved_in(const std::filesystem::path& sites_folder) {
  return [sites_folder](const std::string& site) {
    return serials_of(config::readable_part_of_site(sites_folder / (site + ".yaml")));
  };
}

/// What is left once the files of the store, the archive, the sites and fan-out clients have
/// theirs: a site must never be refused for want of a descriptor for its token.
std::size_t connections_within(std::size_t descriptors) {
  constexpr std::size_t kForFiles = 384;
  constexpr std::size_t kMost = 4'096;
  return std::min(kMost, std::max(descriptors / 4, descriptors - std::min(descriptors, kForFiles)));
}

}  // namespace

Gateway::Gateway(const config::GatewaySettings& settings, GatewayMeans means)
    : places_(registration::places_of(settings)),
      desk_(places_,
            {[this](const std::string& site) { refresh_access(site); },
             [this](const std::string& site) { end_replaced(site); }, os::utc_now_seconds}),
      proved_(places_, os::utc_now_seconds),
      keys_writer_(places_, os::utc_now_seconds),
      pending_(os::real_file_system(), settings.registration / pending::kFolder,
               approved_in(settings.sites_folder)),
      newcomers_(pending_),
      // Its folder may be in the store's.
      connections_(places_.registration, board_, os::utc_now_us,
                   [this] { return store_->is_in_place(); }) {
  if (settings.archive) {
    archivist_ = std::make_unique<archive::Archivist>(archivist_options(settings, means));
  }
  store::Store::Options store_options;
  store_options.events.junk_share_percent = settings.junk_share;
  store_ = std::make_unique<store::Store>(settings.store, store_options, archivist_.get());
  sink_.emplace(*store_);
  fan_out_sink_.emplace(*sink_, fan_out_);
  registry_.emplace(sites_of(settings));
  ingest::IngestServer::Options options;
  options.host = settings.ingest.host;
  options.port = settings.ingest.port;
  options.socket = means.ingest.release();
  options.max_connections = connections_within(means.descriptors);
  tunnels_account_.set(settings, std::chrono::steady_clock::now());
  options.tunnels_account = tunnels_account_.account();
  options.desk = &desk_;
  options.newcomers = &newcomers_;
  options.proofs = &proved_;
  server_ = std::make_unique<ingest::IngestServer>(std::move(options), *registry_, *fan_out_sink_,
                                                   board_);
  fan_out_.apply(settings.fan_out, serials_of(settings, *store_));
  forget_registered(settings);
}

Gateway::~Gateway() {
  stop(std::chrono::milliseconds(0));
}

void Gateway::start() {
  if (archivist_) archivist_->start();
  fan_out_.start();
  connections_.start();
  server_->start();
}

void Gateway::apply(const config::GatewaySettings& settings) {
  // First what a Linac's first frame meets: it has a folder, and a port to be listened in on.
  if (archivist_) archivist_->set_hosts(hosts_of(settings));
  std::vector<ingest::RegisteredSite> sites = sites_of(settings);
  fan_out_.apply(settings.fan_out, serials_of(settings, *store_));
  write_authorized_keys();
  tunnels_account_.set(settings, std::chrono::steady_clock::now());
  server_->set_tunnels_account(tunnels_account_.account());
  server_->apply(std::move(sites));
  forget_registered(settings);
}

/// They wait for nothing, whoever wrote them into their sites' files.
void Gateway::forget_registered(const config::GatewaySettings& settings) {
  for (const config::SiteSettings& site : settings.sites) {
    try {
      pending_.forget_all(site.site, serials_of(site));
    } catch (const std::exception& error) {
      spdlog::error(
          "{}: its approved Linacs stay in the list of those that wait, which harms nothing and is "
          "tried again when settings change: {}",
          site.site, error.what());
    }
  }
}

std::vector<ingest::RegisteredSite> Gateway::sites_of(const config::GatewaySettings& settings) {
  std::map<std::string, ingest::Credentials> credentials;
  {
    const std::lock_guard lock(access_mutex_);
    const auto add = [&](const std::string& site) {
      const auto known = credentials_.find(site);
      credentials.emplace(site,
                          known == credentials_.end() ? ingest::Credentials() : known->second);
    };
    for (const config::SiteSettings& site : settings.sites) add(site.site);
    for (const config::BrokenSite& site : settings.broken_sites) add(site.site);
    credentials_ = credentials;
    std::erase_if(access_, [&](const auto& site) { return !credentials.contains(site.first); });
  }
  refresh_access();
  return registered(settings, credentials, *store_);
}

void Gateway::refresh_access() {
  std::vector<std::string> sites;
  {
    const std::lock_guard lock(access_mutex_);
    for (const auto& [site, credentials] : credentials_) sites.push_back(site);
  }
  for (const std::string& site : sites) refresh_access(site);
  warn_of_used_keys();
}

/// A copy of an enrolment file shows itself so.
void Gateway::warn_of_used_keys() {
  const auto noted = registration::take_noted_used_keys(places_.registration);
  const std::lock_guard lock(access_mutex_);
  for (const std::string& site : noted) {
    constexpr std::chrono::minutes kSameAgain{5};
    auto& limit = used_key_lines_.try_emplace(site, log::RateLimit(1, kSameAgain)).first->second;
    if (!limit.admit(std::chrono::steady_clock::now())) continue;
    spdlog::warn(
        "{}: somebody came with the key of an enrolment file that was used already, and sshd let "
        "nobody in: if that was not the site's own machine, somebody has a copy; {} has the key "
        "that "
        "used the file: if that is not the site's, icom-gateway revoke {}",
        site, (places_.registration / "sites" / (site + ".json")).string(), site);
  }
}

void Gateway::refresh_access(const std::string& site) {
  const std::lock_guard lock(access_mutex_);
  const auto credentials = credentials_.find(site);
  if (credentials == credentials_.end()) return;  // its file has not been read yet
  registration::SiteAccess now = registration::read_access(places_, site);
  if (!now.machine_fault.empty()) {
    // What was known counts: nothing of it has changed.
    if (!access_.contains(site)) credentials->second.set_unknown(now.machine_fault);
    if (const auto unsaid = fault_lines_.admit(std::chrono::steady_clock::now())) {
      spdlog::error("site {}: {}: {} ({} like this not logged)", site, now.machine_fault,
                    access_.contains(site) ? "what was read before counts"
                                           : "it is refused until that has passed",
                    *unsaid);
    }
    return;
  }
  registration::SiteAccess& before = access_[site];
  if (now == before) return;
  credentials->second.set(now.tokens, now.revoked, now.proved);
  for (const config::Problem& problem : now.problems) {
    spdlog::error("site {} is refused until this is mended: {}", site, problem.text());
  }
  if (!now.revoked.empty()) {
    spdlog::warn("site {} is revoked since {}", site, now.revoked);
    if (server_) {
      server_->end_sessions(
          site, ingest::refusal(link::Refused::REVOKED, ingest::revoked_text(site, now.revoked)));
    }
  }
  before = std::move(now);
}

void Gateway::end_replaced(const std::string& site) {
  server_->end_sessions(
      site, ingest::refusal(link::Refused::WRONG_TOKEN,
                            "a machine has enrolled as site " + site +
                                " now: if it is this one, its forwarder takes the new key and "
                                "token by itself; one that it has replaced is no longer let in"));
}

void Gateway::stop(std::chrono::milliseconds grace) {
  desk_.stop();
  proved_.stop();
  keys_writer_.stop();
  server_->stop(grace);
  connections_.stop();
  fan_out_.stop();
  store_.reset();
  if (!archivist_ || left_archive_behind_) return;
  left_archive_behind_ = !archivist_->stop();
  if (left_archive_behind_) {
    spdlog::warn(
        "the archive's folder does not answer: what it lacks is written after the next start");
  }
}

void Gateway::look_for_tunnels_account() {
  if (tunnels_account_.look_again(std::chrono::steady_clock::now())) {
    server_->set_tunnels_account(tunnels_account_.account());
  }
}

void Gateway::log_state_of_archive() {
  if (archivist_) archivist_->log_state();
}

}  // namespace icom::serve
