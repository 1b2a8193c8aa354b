#include "gateway/ingest/link_status_board.hpp"

namespace icom::ingest {

void LinkStatusBoard::agent_came(const std::string& site) {
  const std::lock_guard lock(mutex_);
  ++agents_[site];
}

void LinkStatusBoard::agent_went(const std::string& site) {
  const std::lock_guard lock(mutex_);
  --agents_[site];
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
  const auto found = agents_.find(site);
  return found == agents_.end() ? 0 : found->second;
}

std::map<LinkStatusBoard::Linac, LinacLinkStatus> LinkStatusBoard::linacs() const {
  const std::lock_guard lock(mutex_);
  return linacs_;
}

}  // namespace icom::ingest
