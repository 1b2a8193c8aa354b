#include "agent/forward/site_changes.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "agent/forward/site_spools.hpp"
#include "agent/program/changed_site.hpp"
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

std::string SiteChanges::take() {
  auto changed = program::read_changed_site(file_, latest_);
  if (changed.settings) apply(*std::move(changed.settings));
  return changed.why_not;
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
