#include "agent/forward/site_spools.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "agent/forward/status_files.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/link/limits.hpp"
#include "common/os/path_text.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::forward {

namespace {

bool has(const LinacStreams& streams, const std::string& serial) {
  return std::ranges::any_of(
      streams, [&serial](const LinacStream& stream) { return stream.serial() == serial; });
}

/// Empty if the site does not have the Linac.
std::string address_of(const config::SiteSettings& site, const std::string& serial) {
  const auto found = std::ranges::find(site.linacs, serial, &config::LinacSettings::serial);
  return found == site.linacs.end() ? "" : found->address.text();
}

/// In messages a number is a Linac's own for as long as its stream lives.
std::uint32_t unused_number(const LinacStreams& streams) {
  std::uint32_t last = 0;
  for (const auto& stream : streams) last = std::max(last, stream.number());
  return last + 1;
}

/// As the folder is now.
bool holds_nothing(const std::filesystem::path& spool, os::FileSystem& files) {
  return spool::SpoolReader(files, spool).backlog_bytes() == 0;
}

/// Folders of the spool directory that hold segments, by name.
std::vector<std::string> spools_in(const std::filesystem::path& directory, os::FileSystem& files) {
  std::vector<std::string> serials;
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code unknown;
    if (!at->is_directory(unknown)) continue;
    if (!holds_nothing(at->path(), files)) serials.push_back(os::utf8(at->path().filename()));
  }
  std::ranges::sort(serials);
  return serials;
}

}  // namespace

void change_streams(LinacStreams& streams, const config::SiteSettings& site,
                    os::FileSystem& files) {
  const auto& directory = site.spool.directory;
  const auto open = [&](const std::string& serial) {
    streams.push_back(
        std::make_unique<LinacStream>(files, serial, unused_number(streams), directory / serial));
  };
  for (const auto& linac : site.linacs) {
    if (!has(streams, linac.serial)) open(linac.serial);
  }
  const auto is_registered = [&site](const std::string& serial) {
    return std::ranges::any_of(site.linacs,
                               [&serial](const auto& linac) { return linac.serial == serial; });
  };
  streams.erase_if([&](const LinacStream& stream) {
    return !is_registered(stream.serial()) && holds_nothing(stream.spool_directory(), files) &&
           !os::is_locked(files, stream.spool_directory() / spool::kLockFile);
  });
  for (const auto& serial : spools_in(directory, files)) {
    if (!has(streams, serial) && streams.size() < link::kMaxSpools) open(serial);
  }
  for (auto& stream : streams) {
    stream.set_registered(is_registered(stream.serial()));
    stream.set_address(address_of(site, stream.serial()));
  }
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
