#include "gateway/ingest/link_status_board.hpp"

namespace icom::ingest {

void LinkStatusBoard::agent_came(const std::string& site, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  SitePresence& presence = sites_[site];
  if (presence.agents++ == 0) presence.since_us = now_us;
}

void LinkStatusBoard::agent_went(const std::string& site, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  SitePresence& presence = sites_[site];
  if (--presence.agents == 0) presence.until_us = now_us;
}

void LinkStatusBoard::report(const Linac& linac, const link::LinacStatus& status,
                             std::chrono::system_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  linacs_[linac] = {status.connected(),
                    status.frames(),
                    status.backlog_bytes(),
                    status.last_frame_us(),
                    status.given_up_frames(),
                    status.given_up_frames_with_patient(),
                    now};
}

unsigned LinkStatusBoard::agents(const std::string& site) const {
  const std::lock_guard lock(mutex_);
  const auto found = sites_.find(site);
  return found == sites_.end() ? 0 : found->second.agents;
}

std::map<std::string, SitePresence> LinkStatusBoard::sites() const {
  const std::lock_guard lock(mutex_);
  return sites_;
}

std::map<LinkStatusBoard::Linac, LinacLinkStatus> LinkStatusBoard::linacs() const {
  const std::lock_guard lock(mutex_);
  return linacs_;
}

}  // namespace icom::ingest
