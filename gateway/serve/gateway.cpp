#include "gateway/serve/gateway.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "common/link/limits.hpp"
#include "common/os/utc_clock.hpp"
#include "gateway/ingest/admission.hpp"
#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/site_book.hpp"

namespace icom::serve {

static_assert(config::kMaxLinacsPerSite == link::kMaxLinacs,
              "a site that the settings accept must fit in one connection");

namespace {

archive::Archivist::Hosts hosts_of(const config::GatewaySettings& settings) {
  archive::Archivist::Hosts hosts;
  for (const config::SiteSettings& site : settings.sites) {
    for (const config::LinacSettings& linac : site.linacs) {
      hosts[{site.site, linac.serial}] = linac.address.host;
    }
  }
  return hosts;
}

archive::Archivist::Options archivist_options(const config::GatewaySettings& settings) {
  archive::Archivist::Options options;
  options.store_folder = settings.store;
  options.archive_directory = settings.archive->directory;
  options.live = settings.archive->live;
  options.hosts = hosts_of(settings);
  return options;
}

/// Registers every Linac with the store, so that ingest never waits for that.
std::vector<ingest::RegisteredSite> registered(
    const config::GatewaySettings& settings,
    const std::map<std::string, ingest::Credentials>& credentials, store::Store& store) {
  std::vector<ingest::RegisteredSite> sites;
  for (const config::SiteSettings& of_site : settings.sites) {
    ingest::RegisteredSite& site = sites.emplace_back();
    site.site = of_site.site;
    site.credentials = credentials.at(of_site.site);
    for (const config::LinacSettings& linac : of_site.linacs) {
      site.linacs.push_back(
          {linac.serial, store.linac(site.site, linac.serial), linac.address.text()});
    }
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

std::int64_t utc_seconds() {
  constexpr std::int64_t kMicroseconds = 1'000'000;
  return os::utc_now_us() / kMicroseconds;
}

}  // namespace

Gateway::Gateway(const config::GatewaySettings& settings)
    : places_(registration::places_of(settings)),
      desk_(places_, {[this](const std::string& site) { refresh_access(site); },
                      [this](const std::string& site) { end_replaced(site); }, utc_seconds}),
      pending_(os::real_file_system(), settings.registration / pending::kFolder),
      newcomers_(pending_) {
  if (settings.archive) {
    archivist_ = std::make_unique<archive::Archivist>(archivist_options(settings));
  }
  store_ =
      std::make_unique<store::Store>(settings.store, store::Store::Options{}, archivist_.get());
  sink_.emplace(*store_);
  fan_out_sink_.emplace(*sink_, fan_out_);
  registry_.emplace(sites_of(settings));
  ingest::IngestServer::Options options;
  options.host = settings.ingest.host;
  options.port = settings.ingest.port;
  options.desk = &desk_;
  options.newcomers = &newcomers_;
  server_ = std::make_unique<ingest::IngestServer>(std::move(options), *registry_, *fan_out_sink_,
                                                   board_);
  fan_out_.apply(settings.fan_out, serials_of(settings, *store_));
}

Gateway::~Gateway() {
  stop(std::chrono::milliseconds(0));
}

void Gateway::start() {
  if (archivist_) archivist_->start();
  fan_out_.start();
  server_->start();
}

void Gateway::apply(const config::GatewaySettings& settings) {
  // First what a Linac's first frame meets: it has a folder, and a port to be listened in on.
  if (archivist_) archivist_->set_hosts(hosts_of(settings));
  std::vector<ingest::RegisteredSite> sites = sites_of(settings);
  fan_out_.apply(settings.fan_out, serials_of(settings, *store_));
  write_authorized_keys();
  server_->apply(std::move(sites));
}

std::vector<ingest::RegisteredSite> Gateway::sites_of(const config::GatewaySettings& settings) {
  std::map<std::string, ingest::Credentials> credentials;
  {
    const std::lock_guard lock(access_mutex_);
    for (const config::SiteSettings& site : settings.sites) {
      const auto known = credentials_.find(site.site);
      credentials.emplace(site.site,
                          known == credentials_.end() ? ingest::Credentials() : known->second);
    }
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
}

void Gateway::refresh_access(const std::string& site) {
  const std::lock_guard lock(access_mutex_);
  const auto credentials = credentials_.find(site);
  if (credentials == credentials_.end()) return;  // its file has not been read yet
  registration::SiteAccess now = registration::read_access(places_, site);
  registration::SiteAccess& before = access_[site];
  if (now == before) return;
  credentials->second.set(now.tokens, now.revoked);
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

void Gateway::write_authorized_keys() const {
  std::error_code error;
  if (!std::filesystem::exists(places_.registration, error)) return;
  try {
    const auto lock = registration::SiteBook(places_.registration).lock();
    registration::write_authorized_keys(places_, utc_seconds());
  } catch (const registration::RegistrationError& failure) {
    spdlog::error("{}: until this is mended sshd does not learn of changed sites", failure.what());
  }
}

void Gateway::stop(std::chrono::milliseconds grace) {
  server_->stop(grace);
  fan_out_.stop();
  store_.reset();
  if (archivist_) archivist_->stop();
}

}  // namespace icom::serve
