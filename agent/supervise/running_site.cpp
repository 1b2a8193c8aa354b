#include "agent/supervise/running_site.hpp"

#include <exception>
#include <string>

#include "common/config/site_text.hpp"
#include "common/os/edited_file.hpp"

namespace icom::supervise {

namespace {

/// As large as a settings file may be.
constexpr std::uint64_t kMaxSiteBytes = 1U << 20U;

}  // namespace

std::optional<std::string> text_of_running_site(os::FileSystem& files,
                                                const std::filesystem::path& site_file,
                                                const config::SiteSettings& running) {
  try {
    std::string text = os::read_text_file(files, site_file, kMaxSiteBytes);
    config::SiteSettings read = config::site_from_text(site_file, text);
    read.site = running.site;
    read.spool.directory = running.spool.directory;
    if (read == running) return text;
  } catch (const std::exception&) {  // it has just been changed: it is read again soon
  }
  return std::nullopt;
}

std::optional<RunningSite> find_running_site(os::FileSystem& files,
                                             const std::filesystem::path& site_file) {
  const auto spool = config::spool_directory_in(site_file);
  return spool.empty() ? std::nullopt : running_site_in(files, site_file, spool);
}

std::optional<RunningSite> running_site_in(os::FileSystem& files,
                                           const std::filesystem::path& site_file,
                                           const std::filesystem::path& spool) {
  auto agent = find_running_agent(files, spool);
  if (!agent) return std::nullopt;
  RunningSite running{*std::move(agent), {}};
  try {
    const auto text = os::read_text_file(files, spool / kRunningSiteFile, kMaxSiteBytes);
    running.settings = config::site_from_text(site_file, text);
  } catch (const std::exception&) {  // of an older one, which left none
  }
  if (!running.agent.site.empty()) running.settings.site = running.agent.site;
  running.settings.spool.directory = spool;
  return running;
}

}  // namespace icom::supervise
