#include "agent/forward/site_spools.hpp"

namespace icom::forward {

LinacStreams open_streams(const config::SiteSettings& site, os::FileSystem& files) {
  LinacStreams streams;
  std::uint32_t number = 0;
  for (const auto& linac : site.linacs) {
    streams.emplace_back(files, linac.serial, ++number, site.spool.directory / linac.serial);
  }
  return streams;
}

link::Status listener_status(const LinacStreams& linacs) {
  link::Status status;
  for (const auto& linac : linacs) {
    if (!linac.accepted()) continue;
    auto* told = status.add_linacs();
    told->set_linac(linac.number());
    told->set_backlog_bytes(linac.unsent_bytes());
  }
  return status;
}

}  // namespace icom::forward
