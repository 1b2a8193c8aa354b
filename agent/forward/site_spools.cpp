#include "agent/forward/site_spools.hpp"

#include "agent/forward/status_files.hpp"
#include "common/os/utc_clock.hpp"

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
  const std::int64_t now = os::utc_now_us();
  link::Status status;
  for (const auto& linac : linacs) {
    if (!linac.accepted()) continue;
    auto* told = status.add_linacs();
    told->set_linac(linac.number());
    told->set_backlog_bytes(linac.unsent_bytes());
    const auto listener = read_listener_status(linac.spool_directory());
    if (!listener) continue;
    told->set_connected(listener->stream.connected &&
                        is_fresh(listener->written_us, now, kListenerFileLives));
    told->set_frames(listener->stream.framer.frames);
    told->set_last_frame_us(listener->stream.last_frame_us);
    told->set_given_up_frames(listener->spool.given_up_frames + listener->queue.dropped_frames);
    told->set_given_up_frames_with_patient(listener->spool.given_up_frames_with_patient +
                                           listener->queue.dropped_frames_with_patient);
  }
  return status;
}

}  // namespace icom::forward
