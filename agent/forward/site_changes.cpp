#include "agent/forward/site_changes.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "agent/forward/site_spools.hpp"
#include "common/config/config_error.hpp"
#include "common/config/reload.hpp"
#include "common/os/file_system.hpp"

namespace icom::forward {

SiteChanges::SiteChanges(std::filesystem::path file, config::SiteSettings& site,
                         LinacStreams& linacs, spool::SpoolWatch& spools, Forwarder& forwarder,
                         PortForwards& forwards)
    : file_(std::move(file)),
      site_(site),
      linacs_(linacs),
      spools_(spools),
      forwarder_(forwarder),
      forwards_(forwards),
      latest_(site) {}

void SiteChanges::take() {
  try {
    auto reloaded = config::reload_site(file_, latest_);
    for (const auto& sentence : reloaded.needs_restart) spdlog::warn("{}", sentence);
    apply(std::move(reloaded.settings));
  } catch (const config::ConfigError& error) {
    spdlog::error("changed settings are not taken, what runs goes on as it is:\n{}", error.what());
  }
}

void SiteChanges::apply(config::SiteSettings settings) {
  const config::SiteSettings before = std::exchange(latest_, std::move(settings));
  forwards_.apply(latest_.tunnel, latest_.forwards);
  if (latest_.linacs == before.linacs && latest_.tunnel == before.tunnel) return;
  spdlog::info("the site's Linacs or its tunnel have changed: the link is made anew");
  forwarder_.change([this, site = latest_] {
    site_ = site;
    change_streams(linacs_, site_, os::real_file_system());
    for (const auto& linac : linacs_) spools_.add(linac.spool_directory());
  });
}

}  // namespace icom::forward
