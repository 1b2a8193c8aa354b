#include "gateway/serve/gateway.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "common/link/limits.hpp"

namespace icom::serve {

static_assert(config::kMaxLinacsPerSite == link::kMaxLinacs,
              "a site that the settings accept must fit in one connection");

namespace {

archive::Archivist::Options archivist_options(const config::GatewaySettings& settings) {
  archive::Archivist::Options options;
  options.store_folder = settings.store;
  options.archive_directory = settings.archive->directory;
  options.live = settings.archive->live;
  for (const config::SiteSettings& site : settings.sites) {
    for (const config::LinacSettings& linac : site.linacs) {
      options.hosts[{site.site, linac.serial}] = linac.address.host;
    }
  }
  return options;
}

/// Registers every Linac with the store, so that ingest never waits for that.
ingest::SiteRegistry registry_of(const config::GatewaySettings& settings,
                                 std::vector<SiteToken> tokens, store::Store& store) {
  std::vector<ingest::RegisteredSite> sites;
  for (std::size_t i = 0; i < settings.sites.size(); ++i) {
    ingest::RegisteredSite& site = sites.emplace_back();
    site.site = settings.sites[i].site;
    site.token = std::move(tokens.at(i).token);
    for (const config::LinacSettings& linac : settings.sites[i].linacs) {
      site.linacs.push_back({linac.serial, store.linac(site.site, linac.serial)});
    }
  }
  return ingest::SiteRegistry(std::move(sites));
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

}  // namespace

Gateway::Gateway(const config::GatewaySettings& settings, std::vector<SiteToken> tokens) {
  if (settings.archive) {
    archivist_ = std::make_unique<archive::Archivist>(archivist_options(settings));
  }
  store_ =
      std::make_unique<store::Store>(settings.store, store::Store::Options{}, archivist_.get());
  sink_.emplace(*store_);
  fan_out_sink_.emplace(*sink_, fan_out_);
  registry_.emplace(registry_of(settings, std::move(tokens), *store_));
  ingest::IngestServer::Options options;
  options.host = settings.ingest.host;
  options.port = settings.ingest.port;
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

void Gateway::stop(std::chrono::milliseconds grace) {
  server_->stop(grace);
  fan_out_.stop();
  store_.reset();
  if (archivist_) archivist_->stop();
}

}  // namespace icom::serve
